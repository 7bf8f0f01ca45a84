/**
 * A provider's node, put together: a relay with one UDP port, the session protocol in front of the relay, and the claim
 * that the chain holds.
 *
 *   sender ◀── open, grant, receipts ──▶ session protocol (libp2p) ◀──▶ relay ◀── claim ── chain
 *   sender ══ datagrams ══▶ relay's UDP port ══ forwarding ══▶ next hop
 *   verifier ◀── blinded tokens ──▶ token office ◀── verifier sets ── chain
 *                                        └── is this token good? ──▶ relay
 *
 * Start: chain, token office, relay, peer, handlers, own announcement, followers of the chain. Stop: the reverse.
 */
import { join } from 'node:path'
import { type ForwardingSpec, Relay, systemClock, systemRandom, tokenKeyOf } from '../../probe/index.js'
import { fromHex, toHex } from '../../proto/hex.js'
import type { TokenRequest } from '../../proto/messages.js'
import { answerSigner } from '../../verifier/chain/answers.js'
import { connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { UserError } from '../../verifier/config/errors.js'
import { ConnectionPool } from '../../verifier/net/connection-pool.js'
import { listenAddresses } from '../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../verifier/net/provider-peer.js'
import { serveTokens, type TokenAsker } from '../../verifier/net/tokens.js'
import { announceSelf } from '../../verifier/node/announcing.js'
import { Directory } from '../../verifier/node/directory.js'
import { Lifecycle } from '../../verifier/node/lifecycle.js'
import type { NodeOptions } from '../../verifier/node/node-options.js'
import { repeat } from '../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import { OverrunWarning } from './overrun-warning.js'
import { serveSessions } from './serve-sessions.js'
import { TokenLedger } from './token-ledger.js'
import { TokenOffice } from './token-office.js'
import { VerifierSets } from './verifier-sets.js'

/** How often the provider reads its claim again. */
const CLAIM_POLL_MS = 5000
/** How often the provider looks for a new era and for announcements of verifiers: so many times an epoch, or more often. */
const SETS_POLLS_PER_EPOCH = 15
const LONGEST_SETS_POLL_MS = 30_000
/** How often the provider ends idle connections. */
const SWEEP_MS = 1000
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
  readonly chain: EthersChain
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Resolves when the provider takes sessions. @throws UserError with what the operator can do */
export const startProviderNode = (options: ProviderOptions): Promise<ProviderNode> =>
  Lifecycle.start(life => openProvider(options, life))

async function openProvider(options: ProviderOptions, life: Lifecycle): Promise<ProviderNode> {
  const { network, keys, logger: log, udpHost: host, udpPort: port, forwarding } = options
  const chain = await life.open(connectChain({ rpcUrl: options.rpcUrl, network, privateKey: keys.evm }), one =>
    one.close(),
  )
  const account = chain.account!
  const registered = await chain.provider(account)
  if (registered === undefined) {
    throw new UserError(
      'configuration',
      `${account} is not a registered provider of network "${network.name}". Register it, then start again.`,
    )
  }
  const { index, claimKbps } = registered
  const directory = new Directory(chain, log)
  const sets = new VerifierSets(chain, directory, network.params)
  const key = tokenKeyOf(fromHex(keys.evm))
  const office = new TokenOffice({
    ...{ network: chain.network, account, key, ledger: new TokenLedger(join(options.dataDir, 'tokens')) },
    mayIssue: (asker, era) => sets.entitlementOf(asker, era),
  })
  const relay = await life.open(
    Relay.open({
      host,
      port,
      claimKbps,
      forwarding,
      access: office,
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
  const peerId = peer.peerId.toString()
  const refreshSets = async () => {
    office.setEras(await sets.refresh(WALL_CLOCK.nowMs()))
    for (const verifierHost of sets.hosts()) know(verifierHost)
  }
  const know = (verifierHost: string) => {
    relay.know(verifierHost)
    pool.know(verifierHost)
  }
  await refreshSets() // before any session: a provider that has just started must know the tokens of its last run
  await serveSessions(peer, pool, relay, log)
  const issue = (request: TokenRequest, asker: TokenAsker) => {
    const response = office.issue(request, asker.peerId)
    if (response.issue !== undefined) know(asker.host)
    return response
  }
  await serveTokens(peer, issue, log)
  const publicKey = toHex(key.publicKey)
  await announceSelf(chain, directory, { role: 'provider', account }, peerId, listenAddresses(peer), publicKey)
  const readClaim = async () => {
    const now = await chain.provider(account)
    if (now !== undefined) relay.setClaim(now.claimKbps)
  }
  const follow = (what: string, everyMs: number, read: () => Promise<void>) => {
    const complain = (error: Error) => log.warn({ error: error.message }, `could not read ${what}`)
    life.run(repeat(() => read().catch(complain), everyMs, life.stopping))
  }
  follow('the claim', CLAIM_POLL_MS, readClaim)
  const setsPollMs = Math.min((network.params.epochSeconds * 1000) / SETS_POLLS_PER_EPOCH, LONGEST_SETS_POLL_MS)
  follow('the verifier sets', setsPollMs, refreshSets)
  life.run(repeat(async () => pool.sweep(), SWEEP_MS, life.stopping))
  const overruns = new OverrunWarning(relay, (facts, message) => log.warn(facts, message))
  life.run(repeat(async () => overruns.check(), OVERRUN_POLL_MS, life.stopping))
  log.info({ account, claimKbps, peerId, udp: relay.facts }, 'taking sessions')
  return { role: 'provider', account, index, peerId, relay, chain, failed: life.failed, stop: () => life.stop() }
}
