/**
 * A client, put together.
 *
 *   application ─SOCKS5/HTTP─▶ proxies ──▶ tunnel ══ legs ══▶ providers ══▶ exit
 *                                             └── payments ◀── purse ◀── channel office ──▶ chain
 *   verifiers ── leaves, checked against the chain ──▶ reports ── scores ──▶ view of the market ──▶ draw of the legs
 *
 * Start: QUIC, chain, purse, newest report, view of the market, UDP port, API, tunnel, proxies. Nothing goes out directly, ever.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock, systemRandom } from '../../probe/index.js'
import type { Mode } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { ApiOptions, RunningNode } from '../../verifier/api/running-node.js'
import { serveApi } from '../../verifier/api/server.js'
import { AnswerVerifiers } from '../../verifier/chain/answers.js'
import { connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { readLaneTimes } from '../../verifier/chain/lanes.js'
import type { NodeKeys } from '../../verifier/config/keys.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { dialSession } from '../../verifier/node/dialling.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import type { AnnouncedUdp } from '../../verifier/node/own-address.js'
import { poll, repeat } from '../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import type { Wishes } from '../core/candidates.js'
import { fillingPrice, type LaneWish } from '../core/lanes.js'
import { requireQuic } from '../quic.js'
import { TunnelSocket } from '../tunnel-socket.js'
import { ChannelOffice } from './channel-office.js'
import { ClientLanes } from './client-lanes.js'
import { LaneRefunds } from './lane-refunds.js'
import { Market, type PayerClass } from './market-view.js'
import { PayerTokens } from './payer-tokens.js'
import { type ListenOptions, serveHttp, serveSocks } from './proxies.js'
import { Purse } from './purse.js'
import { Reach } from './reach.js'
import type { ReadRegions } from './regions.js'
import { Reports } from './reports.js'
import { statusOf } from './status.js'
import { Tunnels } from './tunnels.js'

export interface ClientOptions extends ApiOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly rpcUrl: string
  /** of the UDP port: a literal */
  readonly udpHost: string
  readonly udpPort: number
  /** where providers reach the UDP port (default: at its own address) */
  readonly udpAnnounce?: AnnouncedUdp | undefined
  readonly socks: ListenOptions
  readonly http: ListenOptions
  readonly legs: number
  readonly mode: Mode
  /** of the channels to relays */
  readonly payerClass: PayerClass
  readonly floors: Omit<Wishes, 'regions' | 'lane'>
  /** for the first time after the start (default: no lanes) */
  readonly lane: LaneOptions | undefined
  readonly regions: ReadRegions
  /** of each new channel, wei */
  readonly deposit: bigint
  /** of all channels together, wei */
  readonly budget: bigint
  readonly logger: Logger
  readonly givenUp: AbortSignal
}

export interface LaneOptions extends LaneWish {
  /** wei for each Mbit/s and slot (default: what it costs to fill it at the highest price of traffic) */
  readonly maxPrice: bigint | undefined
}

const VIEW_MS = 5000
const CLOCK_MS = 1000
/** For a newer report. */
const LOOKS_IN_EPOCH = 4
const LONGEST_REPORTS_MS = 30_000
/** Of what lanes leave: nobody else can have it, so there is no hurry. */
const REFUND_MS = 60_000

/** @throws UserError with what the user can do */
export const startClient = (options: ClientOptions): Promise<RunningNode> =>
  Lifecycle.start(life => open(options, life), options.givenUp)

async function open(options: ClientOptions, life: Lifecycle): Promise<RunningNode> {
  const {
    dataDir,
    keys,
    network,
    rpcUrl,
    udpHost,
    udpPort,
    udpAnnounce,
    logger: log,
    payerClass,
    deposit,
    budget,
  } = options
  const { stopping } = life
  await requireQuic()
  const connecting = connectChain({ rpcUrl, network, privateKey: keys.evm, patience: { log, stopping } })
  const chain = await life.open(connecting, one => one.close())
  const opening = Purse.open(join(dataDir, 'purse'), chain.network, life.fail)
  const purse = await life.open(opening, one => one.close())
  const market = new Market(chain, log, payerClass)
  const reports = new Reports({
    ...{ chain, params: network.params, directory: market.directory, random: systemRandom, stopping, log },
  })
  const office = new ChannelOffice({
    ...{ chain, purse, random: systemRandom, log },
    premiumProofOf: payerClass === 'premium' ? payee => reports.proofOf(payee) : undefined,
    terms: { deposit, budget, maxPrice: options.floors.maxPrice },
  })
  await office.tidy()
  const lanes = options.lane && (await openLanes(options.lane, options.floors, chain))
  const readWishes = async (): Promise<Wishes> => {
    return { ...options.floors, regions: await options.regions(), lane: lanes?.wish }
  }
  const lookAtReports = () =>
    reports.look().catch((error: Error) => log.warn({ error: error.message }, 'could not fetch the newest report'))
  await lookAtReports()
  await office.look()
  let wishes = await readWishes()
  let view = await market.view(reports.scores)
  const port = { host: udpHost, port: udpPort, clock: systemClock }
  const socket = await life.open(
    TunnelSocket.open(port, (...datagram) => tunnels.onDatagram(...datagram)),
    one => one.close(),
  )
  const own: NextHop = { host: udpAnnounce?.host ?? udpHost, port: udpAnnounce?.port ?? socket.port }
  const tokens = new PayerTokens({
    ...{ network: chain.network, clock: () => chain.clock(), purse, random: systemRandom, stopping },
  })
  const tunnels = new Tunnels({
    ...{
      socket,
      office,
      purse,
      tokens,
      lanes,
      own,
      clock: systemClock,
      random: systemRandom,
      log,
      stopping,
      fail: life.fail,
      reach: new Reach(own, systemClock),
    },
    dial: ({ peer }) => dialSession(stopping, { ...peer, like: own.host }),
    ...{ mode: options.mode, legs: options.legs, answers: new AnswerVerifiers(chain.network) },
    ...{ providers: () => view.providers, exits: () => view.exits, wishes: () => wishes },
  })
  const complain = (error: Error) => log.warn({ error: error.message }, 'could not read the market')
  const look = async () => {
    await office.look()
    wishes = await readWishes()
    view = await market.view(reports.scores)
    tunnels.current?.legs.review()
  }
  life.run(repeat(() => look().catch(complain), VIEW_MS, stopping)) // also while there is nobody for the first tunnel
  const reportsMs = Math.min(LONGEST_REPORTS_MS, (network.params.epochSeconds * 1000) / LOOKS_IN_EPOCH)
  life.run(repeat(lookAtReports, reportsMs, stopping))
  if (lanes !== undefined) {
    const refunds = await LaneRefunds.of(chain, chain.account!)
    life.run(repeat(() => refunds.take().catch(complain), REFUND_MS, stopping))
  }
  const proxies: string[] = []
  const facts = { role: 'client', account: chain.account!, proxies } as const
  const { apiHost: host, apiPort } = options
  const serving = serveApi({ host, port: apiPort, logger: log }, app => {
    app.get('/v1/status', async () => ({
      ...facts,
      pid: process.pid,
      chain: { fault: chain.health.sentence ?? null, pending: chain.pending },
      ...statusOf(tunnels.current, purse),
    }))
  })
  const api = await life.open(serving, one => one.close()) // a user looks most of all while the tunnel does not open
  await life.open(tunnels, one => one.close())
  await poll(() => chain.clock(), CLOCK_MS, stopping) // before the network starts, providers give no tokens
  await Promise.race([tunnels.open(), life.failed])
  life.run(tunnels.keep())
  const socks = await life.open(serveSocks(options.socks, tunnels.connect, tunnels.join), one => one.close())
  const http = await life.open(serveHttp(options.http, tunnels.connect, tunnels.join), one => one.close())
  proxies.push(`socks5://${socks.host}:${socks.port}`, `http://${http.host}:${http.port}`)
  log.info({ proxies }, 'taking connections')
  return { facts, apiUrl: api.url, failed: life.failed, stop: () => life.stop() }
}

/** From now on, for as long as the user wants. @throws RpcFault */
async function openLanes(
  { kbps, seconds, maxPrice }: LaneOptions,
  floors: Pick<Wishes, 'maxPrice'>,
  chain: EthersChain,
): Promise<ClientLanes> {
  const { slotSeconds } = await readLaneTimes(chain.context)
  return new ClientLanes({
    ...{ chain, random: systemRandom, kbps, slotSeconds },
    untilMs: WALL_CLOCK.nowMs() + seconds * 1000,
    maxPrice: maxPrice ?? fillingPrice(floors.maxPrice, slotSeconds),
  })
}
