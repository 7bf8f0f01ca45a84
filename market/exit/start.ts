/** An exit together with its chain, its till and its HTTP API: what the command line and the testnet start. */
import type { Logger } from 'pino'
import { systemClock, systemRandom } from '../../probe/index.js'
import { metricsRoute } from '../../verifier/api/metrics-route.js'
import { type ApiOptions, type RunningNode, withApi } from '../../verifier/api/running-node.js'
import { type ConnectOptions, connectChain } from '../../verifier/chain/connect.js'
import { readOffer } from '../../verifier/chain/offers.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { UserError } from '../../verifier/config/errors.js'
import type { NodeKeys } from '../../verifier/config/keys.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import { openTill } from '../provider/vouchers/till.js'
import { requireQuic } from '../quic.js'
import { openExit } from './exit.js'
import { EXIT_METRICS } from './exit-metrics.js'
import { readIdentity } from './identity.js'
import { type Allowed, Reaching } from './reaching.js'

export interface ExitNodeOptions extends ApiOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly rpcUrl: string
  /** of the UDP port: a literal */
  readonly host: string
  readonly port: number
  readonly allowed: readonly Allowed[]
  readonly logger: Logger
  readonly givenUp: AbortSignal
}

/** @throws UserError with what the operator can do */
export const startExit = (options: ExitNodeOptions): Promise<RunningNode> =>
  Lifecycle.start(life => open(options, life), options.givenUp)

async function open(options: ExitNodeOptions, life: Lifecycle): Promise<RunningNode> {
  const { dataDir, keys, network, rpcUrl, host, port, allowed, logger: log } = options
  await requireQuic()
  const identity = await readIdentity(dataDir)
  const patience: ConnectOptions['patience'] = { log, stopping: life.stopping }
  const chain = await life.open(connectChain({ rpcUrl, network, privateKey: keys.evm, patience }), one => one.close())
  const account = chain.account!
  if ((await chain.provider(account)) === undefined) {
    throw new UserError(
      'configuration',
      `${account} is not a registered provider of network "${network.name}". Register it, then start its exit.`,
    )
  }
  const offered = (await readOffer(chain.context, account))?.exit
  if (offered?.publicKey !== identity.public.publicKey || offered.certHash !== identity.public.certHash)
    log.warn('the offer of this account does not name this exit, so no client finds it: `bandwitness provider offer`')
  const { payments } = await openTill({ dataDir, purpose: 'exit', chain, log }, life)
  const exit = await life.open(
    openExit({
      ...{ host, port, identity, payments, clock: systemClock, random: systemRandom },
      reaching: new Reaching(allowed),
      voucherSigner: voucherSigner(chain.network, keys.evm),
    }),
    one => one.close(),
  )
  log.info({ account, udp: { host, port: exit.port } }, 'taking tunnels')
  const facts = { role: 'exit', account } as const
  return withApi({ facts, failed: life.failed, stop: () => life.stop() }, options, app => {
    metricsRoute(app, EXIT_METRICS, { ...facts, network, chain, exit })
    app.get('/v1/status', async () => ({
      ...facts,
      pid: process.pid,
      chain: { fault: chain.health.sentence ?? null, pending: chain.pending },
      udp: { host, port: exit.port },
      exit: exit.stats,
    }))
  })
}
