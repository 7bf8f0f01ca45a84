/**
 * A verifier, put together. Each part is described in its own file; this page shows how data flows between them.
 *
 *   providers ── tokens ──▶ wallet ── one for each opening ──▶ serving, heartbeats
 *   chain ── B(e) ──▶ epoch facts ── assignment ──┬──▶ serving (as a sender) ◀── invitations ── receivers
 *     │                                           └──▶ measuring (as a receiver, with heartbeats)
 *     │                                                    │ votes
 *     │                                                    ▼
 *     │        verifiers ◀── gossip ──▶ inbox ◀──▶ agreement runner ── certificate ──▶ transmission ──▶ chain
 *     │                                                    ▲                               ▲
 *     │                                                    │ last leaves                   │ penalties
 *     └── tip ──▶ chain follower ──▶ accepted reports ─────┴───────────────────────────────┘
 *                                        ▲    │
 *                       peer sync ── ballots, leaves ──▶ store ── sync source ──▶ verifiers that missed something
 *
 * Assignments and reports are computed in a thread (`desk/computation.ts`).
 *
 * Start: store, chain, peer, UDP port, dial book, BLS verifier, computation, reach handler, own announcement. At genesis: sync
 * handler, token wallet, probe handler, epochs.
 * Stop: the reverse, so that no part is used after it has closed. Epochs overlap: while the verifiers agree on one
 * epoch, they measure the next.
 */
import { type PortFacts, Receiver, systemClock, systemRandom } from '../../probe/index.js'
import { type EpochClock, epochAt } from '../../proto/epoch.js'
import { fromHex } from '../../proto/hex.js'
import { BlsSigner } from '../bls/signer.js'
import { BlsVerifier } from '../bls/verifier.js'
import { AnswerVerifiers } from '../chain/answers.js'
import { connectChain } from '../chain/connect.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { voucherSigner } from '../chain/vouchers.js'
import { UserError } from '../config/errors.js'
import type { NetworkFile } from '../config/network-file.js'
import { Admission } from '../net/admission.js'
import { DialBook } from '../net/dial-book.js'
import { forgetGone } from '../net/forget-gone.js'
import { Gossip } from '../net/gossip.js'
import { announcedAddresses, createPeer } from '../net/libp2p.js'
import { disconnect, Offences, type Offender } from '../net/offences.js'
import { peerSigner } from '../net/peer-keys.js'
import { servePresence } from '../net/presence.js'
import { serveProbes } from '../net/probe-streams.js'
import { serveReach } from '../net/reach.js'
import { serveSync } from '../net/sync.js'
import { SyncQuota } from '../net/sync-quota.js'
import { Store } from '../store/store.js'
import { announceSelf, keepAnnounced } from './announcing.js'
import type { VerifierContext } from './context.js'
import { Computation, type ReadPart } from './desk/computation.js'
import { Directory } from './directory.js'
import { Epochs } from './epochs.js'
import { Lifecycle } from './lifecycle.js'
import { measureEpoch } from './measuring.js'
import type { VerifierOptions } from './node-options.js'
import { checkReachable, OwnUdp } from './own-address.js'
import { ReachTester } from './reach-tester.js'
import { SessionCounts } from './session-counts.js'
import { SummedLog } from './summed-log.js'
import { syncSource } from './sync-source.js'
import { tellWithdrawals } from './tell-withdrawals.js'
import { TokenWallet } from './token-wallet.js'
import { poll, repeat } from './waiting.js'
import { WALL_CLOCK } from './wall-clock.js'

/** How often the node asks the chain whether the network has started. */
const GENESIS_POLL_MS = 250
/** How often the node ends idle connections of strangers. */
const SWEEP_MS = 1000

export interface VerifierNode {
  readonly role: 'verifier'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly network: NetworkFile
  readonly store: Store
  readonly chain: EthersChain
  /** with the number of datagrams for which the port had no room so far */
  readonly udp: PortFacts & { readonly overruns: number }
  /** what became of the datagrams that came to the UDP port */
  readonly datagrams: Receiver['stats']
  readonly offences: Pick<Offences, 'totals'>
  /** Undefined before the network's start. */
  readonly epochs: Epochs | undefined
  /** Undefined before the network's start. */
  readonly clock: EpochClock | undefined
  readonly connections: () => number
  readonly offenders: () => Offender[]
  readonly epochNow: () => number
  /** Rejects when the node cannot go on; never resolves. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/**
 * Resolves when the node is up, and then waits for genesis or takes part.
 * @throws UserError with what the operator can do
 */
export const startVerifierNode = (options: VerifierOptions): Promise<VerifierNode> =>
  Lifecycle.start(life => openVerifier(options, life), options.givenUp)

async function openVerifier(options: VerifierOptions, life: Lifecycle): Promise<VerifierNode> {
  const { network, keys, logger: log, udpHost, udpAnnounce } = options
  checkReachable(udpHost, udpAnnounce)
  const udp = new OwnUdp(udpHost, udpAnnounce)
  const store = await life.open(Store.open(options.dataDir, { mode: 'existing' }), one => one.close())
  const connection = { rpcUrl: options.rpcUrl, network, privateKey: keys.evm, logStore: store.chainLog }
  const patience = { log, stopping: life.stopping }
  const chain = await life.open(connectChain({ ...connection, patience }), one => one.close())
  const account = chain.account!
  const index = await chain.verifierIndex(account)
  if (index === undefined) {
    throw new UserError(
      'configuration',
      `${account} is not a registered verifier of network "${network.name}". Register it, then start again.`,
    )
  }
  await tellWithdrawals(chain, 'verifier', account, log)
  const directory = new Directory(chain, log)
  const isVerifier = (peerId: string) => directory.isVerifier(peerId)
  const summed = new SummedLog(log)
  const offences: Offences = new Offences({
    verifierOf: peerId => directory.indexOf(peerId),
    disconnect: (peerId, reason) => disconnect(peer, peerId, reason),
    warn: (kind, sentence) => summed.warn(kind, sentence),
    nowMs: () => WALL_CLOCK.nowMs(),
  })
  const admission = new Admission({ offences, isVerifier, clock: systemClock })
  const peerOptions = { seed: keys.peer, listen: options.listen, log }
  const peer = await life.open(createPeer(peerOptions, chain.network, admission.gater), one => one.stop())
  admission.watch(peer)
  forgetGone(peer, isVerifier)
  life.run(repeat(async () => admission.sweep(), SWEEP_MS, life.stopping))
  const receiver = await life.open(Receiver.open({ host: udpHost, port: options.udpPort, clock: systemClock }), one =>
    one.close(),
  )
  log.info({ udp: receiver.facts }, 'receiving')
  const dialBook = await life.open(new DialBook(peer, log), one => one.stop())
  const answers = new AnswerVerifiers(chain.network)
  const bls = await life.open(new BlsVerifier(), one => one.end())
  const settings = { network: chain.network, params: network.params }
  const readPart: ReadPart = (root, part) => store.ballots.wholePart(root, part)
  const computation = await life.open(new Computation(settings, readPart, log, life.stopping), one => one.end())
  const modules = {
    answers,
    receiver,
    udp,
    directory,
    clock: systemClock,
    random: systemRandom,
    log,
    stopping: life.stopping,
  }
  const reach = new ReachTester(modules)
  await serveReach(peer, (request, asker) => reach.answer(request, asker), log)
  const addresses = announcedAddresses(peer, options.announce)
  const self = { role: 'verifier', account } as const
  const announced = await announceSelf(chain, directory, self, peer.peerId.toString(), addresses, {
    publicApi: options.publicApi,
  })
  keepAnnounced(announced, chain, options, life)

  let epochs: Epochs | undefined
  let epochClock: EpochClock | undefined
  const takePart = async () => {
    epochClock = await poll(() => chain.clock(), GENESIS_POLL_MS, life.stopping)
    const context: VerifierContext = {
      self: { index, account },
      network: chain.network,
      params: network.params,
      epochs: epochClock,
      chain,
      store,
      peer,
      gossip: new Gossip(peer, chain.network, log, {
        isAnnounced: isVerifier,
        onOffence: (peerId, offence) => offences.report(peerId, offence),
      }),
      offences,
      computation,
      bls: { signer: new BlsSigner(keys.bls), verifier: bls },
      answers,
      voucherSigner: voucherSigner(chain.network, keys.evm),
      peerSigner: await peerSigner(fromHex(keys.peer)),
      wall: WALL_CLOCK,
      clock: systemClock,
      random: systemRandom,
      log,
      stopping: life.stopping,
      fail: life.fail,
    }
    const quota = new SyncQuota(isVerifier, systemClock)
    const onMute = (peerId: string) => offences.report(peerId, 'request')
    await serveSync(peer, syncSource(context), { quota, onMute, log })
    const tokens = new TokenWallet(context, directory)
    life.run(tokens.run())
    epochs = new Epochs(context, {
      directory,
      dialBook,
      admission,
      receiver,
      udp,
      tokens,
      sessions: new SessionCounts(),
      measure: options.measure ?? measureEpoch,
    })
    const { serving, presences } = epochs
    await servePresence(peer, isVerifier, presence => presences.answer(presence), log)
    await serveProbes(peer, isVerifier, (stream, peerId) => serving.serve(stream, peerId), log)
    await epochs.run()
  }
  life.run(takePart())
  return {
    role: 'verifier',
    account,
    index,
    peerId: peer.peerId.toString(),
    network,
    store,
    chain,
    get udp() {
      return { ...receiver.facts, overruns: receiver.stats.overruns }
    },
    datagrams: receiver.stats,
    offences,
    get epochs() {
      return epochs
    },
    get clock() {
      return epochClock
    },
    connections: () => peer.getConnections().length,
    offenders: () => offences.list(),
    epochNow: () => (epochClock === undefined ? 0 : epochAt(epochClock, WALL_CLOCK.nowMs())),
    failed: life.failed,
    stop: () => life.stop(),
  }
}
