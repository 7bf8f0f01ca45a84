/**
 * A provider's node, put together: a relay with one UDP port, the session protocol in front of the relay, and the claim
 * that the chain holds.
 *
 *   sender ◀── open, grant, receipts ──▶ session protocol (libp2p) ◀──▶ relay ◀── claim ── chain
 *   sender ══ datagrams ══▶ relay's UDP port ══ forwarding ══▶ next hop
 *   verifier ◀── blinded tokens ──▶ token office ◀── verifier sets ── chain
 *                                        └── is this token good? ──▶ relay
 *
 * Start: chain, token office, relay, peer, handlers, own announcement, followers of the chain; then a verifier tests
 * whether the provider can be reached. Stop: the reverse.
 */
import type { Logger } from 'pino'
import { type ForwardingSpec, Relay, systemClock, systemRandom } from '../../probe/index.js'
import type { ReachReport } from '../../proto/messages.js'
import { answerSigner } from '../../verifier/chain/answers.js'
import { connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { CLAIM_NOTICE } from '../../verifier/cli/claim-notice.js'
import { UserError } from '../../verifier/config/errors.js'
import { ConnectionPool } from '../../verifier/net/connection-pool.js'
import { announcedAddresses } from '../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../verifier/net/provider-peer.js'
import { serveTokens } from '../../verifier/net/tokens.js'
import { announceSelf } from '../../verifier/node/announcing.js'
import { Directory } from '../../verifier/node/directory.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import type { NodeOptions } from '../../verifier/node/node-options.js'
import { repeat } from '../../verifier/node/waiting.js'
import { ProviderAccess } from './access.js'
import { ClaimMemory } from './claim-memory.js'
import { Headroom, LOOK_MS, type Reading } from './headroom.js'
import { OverrunWarning } from './overrun-warning.js'
import { reachLines } from './reach-lines.js'
import { testReachBy } from './self-test.js'
import { serveSessions } from './serve-sessions.js'

/** How often the provider reads its claim again. */
const CLAIM_POLL_MS = 5000
/** How often the provider looks whether its own machine has lost datagrams. */
const OVERRUN_POLL_MS = 10_000

export interface ProviderOptions extends NodeOptions {
  /** what the relay does with sessions and datagrams (default: forwards all of them) */
  readonly forwarding?: ForwardingSpec
}

export interface ProviderNode {
  readonly role: 'provider'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly relay: Relay
  readonly headroom: Headroom
  readonly chain: EthersChain
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Resolves when the provider takes sessions. @throws UserError with what the operator can do */
export const startProviderNode = (options: ProviderOptions): Promise<ProviderNode> =>
  Lifecycle.start(life => openProvider(options, life))

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
    const serving = await serve(options, life, chain, claimKbps)
    await serving.directory.refresh()
    return await serving.testReach()
  } finally {
    await life.stop()
  }
}

const connected = ({ rpcUrl, network, keys }: ProviderOptions, life: Lifecycle): Promise<EthersChain> =>
  life.open(connectChain({ rpcUrl, network, privateKey: keys.evm }), one => one.close())

async function openProvider(options: ProviderOptions, life: Lifecycle): Promise<ProviderNode> {
  const { network, logger: log } = options
  const chain = await connected(options, life)
  const account = chain.account!
  const registered = await chain.provider(account)
  if (registered === undefined) {
    throw new UserError(
      'configuration',
      `${account} is not a registered provider of network "${network.name}". Register it, then start again.`,
    )
  }
  const { index, claimKbps } = registered
  const { relay, peerId, addresses, directory, tokenKey, testReach } = await serve(options, life, chain, claimKbps)
  await announceSelf(chain, directory, { role: 'provider', account }, peerId, addresses, tokenKey)
  const { epochSeconds, windowEpochs } = network.params
  const claims = new ClaimMemory((windowEpochs + 1) * epochSeconds * 1000)
  let currentKbps = claimKbps
  claims.see(claimKbps, systemClock.now())
  const readClaim = async () => {
    const now = await chain.provider(account)
    if (now === undefined) return
    currentKbps = now.claimKbps
    relay.setClaim(claims.see(now.claimKbps, systemClock.now()))
  }
  const complain = (error: Error) => log.warn({ error: error.message }, 'could not read the claim')
  life.run(repeat(() => readClaim().catch(complain), CLAIM_POLL_MS, life.stopping))
  const overruns = new OverrunWarning(relay, (facts, message) => log.warn(facts, message))
  life.run(repeat(async () => overruns.check(), OVERRUN_POLL_MS, life.stopping))
  const headroom = new Headroom(() => currentKbps)
  const look = async () => tellHeadroom(headroom.look(relay.stats, systemClock.now()), log)
  life.run(repeat(look, LOOK_MS, life.stopping))
  log.info(CLAIM_NOTICE)
  log.info({ account, claimKbps, peerId, udp: relay.facts }, 'taking sessions')
  life.run(tellReach(testReach, log))
  return {
    role: 'provider',
    account,
    index,
    peerId,
    relay,
    headroom,
    chain,
    failed: life.failed,
    stop: () => life.stop(),
  }
}

/** The relay, and the protocols in front of it. */
async function serve(options: ProviderOptions, life: Lifecycle, chain: EthersChain, claimKbps: number) {
  const { keys, logger: log, udpHost: host, udpPort: port, udpAnnounce, forwarding } = options
  const directory = new Directory(chain, log)
  const access = new ProviderAccess(options, chain, directory)
  const relay = await life.open(
    Relay.open({
      host,
      port,
      announced: udpAnnounce,
      claimKbps,
      forwarding,
      access: access.office,
      answerSigner: answerSigner(chain.network, keys.evm),
      voucherSigner: voucherSigner(chain.network, keys.evm),
      clock: systemClock,
      random: systemRandom,
    }),
    one => one.close(),
  )
  const pool = new ConnectionPool(() => systemClock.now())
  const peer = await life.open(createProviderPeer({ seed: keys.peer, listen: options.listen, log }, pool), one =>
    one.stop(),
  )
  const addresses = announcedAddresses(peer, options.announce)
  const peerId = peer.peerId.toString()
  await access.follow({ relay, pool }, life) // before any session: the tokens of the last run must be known
  await serveSessions(peer, pool, relay, log)
  await serveTokens(peer, (request, asker) => access.issue(request, asker), log)
  const self = { account: chain.account!, claimKbps, multiaddrs: addresses, stopping: life.stopping }
  const testReach = () => testReachBy(directory.verifiers(), { ...self, peer, log })
  return { relay, peerId, addresses, directory, tokenKey: access.publicKey, testReach }
}

function tellHeadroom(reading: Reading | undefined, log: Logger): void {
  if (reading === undefined || reading.kept) return
  log.warn(reading, 'the line did not keep the claim: of what this relay sent on, less than the claim arrived')
}

/** Tells the operator what a verifier found. What is wrong stops nothing: another path may work. */
async function tellReach(testReach: () => Promise<ReachReport | undefined>, log: Logger): Promise<void> {
  const report = await testReach()
  if (report === undefined) {
    log.info('no verifier tested whether this provider can be reached: try `bandwitness provider check` later')
    return
  }
  for (const { passed, text } of reachLines(report)) {
    if (passed === false) log.warn(text)
    else log.info(text)
  }
}
