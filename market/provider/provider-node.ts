/**
 * A provider's node, put together. `serving.ts` has the relay and its protocols, `watching.ts` what the node looks after
 * while it runs.
 *
 *   sender ◀── open, grant, receipts ──▶ session protocol (libp2p) ◀──▶ relay ◀── claim ── chain
 *   sender ══ datagrams ══▶ relay's UDP port ══ forwarding ══▶ next hop
 *   verifier ◀── blinded tokens ──▶ token office ◀── verifier sets ── chain
 *                                        └── is this token good? ──▶ relay
 *   verifiers ── reports, checked against the chain ──▶ provider reports ──▶ API and page
 *
 * Start: chain, token office, relay, peer, handlers, own announcement, followers of the chain; from then on verifiers test
 * whether the provider can be reached. Stop: the reverse.
 */
import type { Relay } from '../../probe/index.js'
import type { ReachReport } from '../../proto/messages.js'
import { type ConnectOptions, connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { readStake } from '../../verifier/chain/stake.js'
import { CLAIM_NOTICE } from '../../verifier/cli/claim-notice.js'
import { leftText } from '../../verifier/cli/left-stake.js'
import { UserError } from '../../verifier/config/errors.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { announceSelf, keepAnnounced } from '../../verifier/node/announcing.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import { announcedVerifiers, testOwnReach } from '../../verifier/node/own-reach.js'
import { tellWithdrawals } from '../../verifier/node/tell-withdrawals.js'
import type { ProviderOptions } from './provider-options.js'
import { type ProviderReports, providerReports } from './reports/provider-reports.js'
import { serve } from './serving.js'
import { type Findings, watch } from './watching.js'

export interface ProviderNode extends Findings {
  readonly role: 'provider'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly network: NetworkFile
  readonly relay: Relay
  readonly chain: EthersChain
  readonly reports: ProviderReports
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Resolves when the provider takes sessions. @throws UserError with what the operator can do */
export const startProviderNode = (options: ProviderOptions): Promise<ProviderNode> =>
  Lifecycle.start(life => openProvider(options, life), options.givenUp)

/**
 * Has a verifier test a provider that need not be registered yet, and announces nothing.
 * @param claimKbps that it is going to claim
 * @returns undefined if no verifier tests this provider now
 * @throws UserError with what the operator can do
 */
export async function checkProvider(options: ProviderOptions, claimKbps: number): Promise<ReachReport | undefined> {
  const life = new Lifecycle()
  try {
    const chain = await connected(options, life)
    const verifiers = await announcedVerifiers(options, chain)
    return await testOwnReach(options, { life, network: chain.network, account: chain.account!, claimKbps, verifiers })
  } finally {
    await life.stop()
  }
}

/** @param patience of a node (default: that of a command) */
const connected = (
  { rpcUrl, network, keys }: ProviderOptions,
  life: Lifecycle,
  patience?: ConnectOptions['patience'],
): Promise<EthersChain> =>
  life.open(connectChain({ rpcUrl, network, privateKey: keys.evm, ...(patience && { patience }) }), one => one.close())

async function openProvider(options: ProviderOptions, life: Lifecycle): Promise<ProviderNode> {
  const { network, logger: log } = options
  const chain = await connected(options, life, { log, stopping: life.stopping })
  const account = chain.account!
  const registered = await chain.provider(account)
  if (registered === undefined) {
    throw new UserError(
      'configuration',
      `${account} is not a registered provider of network "${network.name}". Register it, then start again.`,
    )
  }
  const stake = await readStake(chain.context, 'provider', account)
  if (stake.active === 0n) {
    throw new UserError('configuration', `${account} has left network "${network.name}": ${leftText(stake)}`)
  }
  await tellWithdrawals(chain, 'provider', account, log)
  const { index, claimKbps } = registered
  const serving = await serve(options, life, chain, claimKbps)
  const { relay, peer, peerId, directory, addresses, tokenKey } = serving
  const self = { role: 'provider', account } as const
  const announced = await announceSelf(chain, directory, self, peerId, addresses, { tokenKey })
  keepAnnounced(announced, chain, options, life)
  const findings = watch({ ...serving, life, chain, claimKbps, params: network.params, log })
  const reports = providerReports({ life, network, account, chain, peer, directory, log })
  log.info(CLAIM_NOTICE)
  log.info({ account, claimKbps, peerId, udp: relay.facts }, 'taking sessions')
  const stop = () => life.stop()
  return {
    ...{ role: 'provider', account, index, peerId, network, relay, ...findings, chain, reports },
    ...{ failed: life.failed, stop },
  }
}
