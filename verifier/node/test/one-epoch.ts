/** One epoch of four verifiers and two providers: real peers, relays and UDP on loopback, and a chain made up. */
import { randomBytes } from 'node:crypto'
import {
  everybodyReserved,
  Receiver,
  Relay,
  systemClock,
  systemRandom,
  type TokenSource,
} from '../../../probe/index.js'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import { RelayOpen } from '../../../proto/messages.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import type { Vote } from '../../../proto/vote.js'
import { AnswerVerifiers } from '../../chain/answers.js'
import { assign } from '../../core/assignment/assign.js'
import type { Announcement } from '../../core/ports.js'
import { facts as sampleFacts } from '../../core/test/samples.js'
import { checkRegistered } from '../../evidence/registry-checks.js'
import type { CheckJson } from '../../evidence/schema/checks.js'
import { memberOf } from '../../evidence/test/session-transcript.js'
import { checkTranscript, parseTranscript } from '../../evidence/transcript-checks.js'
import { createPeer, listenAddresses, type Peer } from '../../net/libp2p.js'
import { serveProbes } from '../../net/probe-streams.js'
import { readableAddress } from '../../net/readable-address.js'
import { connect, handleStreams, type StreamHandler } from '../../net/streams.js'
import { NETWORK, silent } from '../../net/test/network.js'
import type { VerifierContext } from '../context.js'
import { Directory } from '../directory.js'
import type { EpochFacts, EpochRecord } from '../epoch-facts.js'
import { measureEpoch } from '../measuring.js'
import { OwnUdp } from '../own-address.js'
import { Serving } from '../serving.js'
import { SessionCounts } from '../session-counts.js'
import { WALL_CLOCK } from '../wall-clock.js'

const HOST = '127.0.0.1'
const NO_TOKENS: TokenSource = { take: () => undefined }
export const CLAIM_KBPS = 10_000
const EPOCH = 1
/**
 * Time for one session. Its one receiver measures both providers at once, since they share a link. A heartbeat has three
 * seconds for its answer.
 */
const PARAMS: NetworkParams = { ...DEVNET, epochSeconds: 5, leadMs: 300, slotMs: 4000, receivers: 1, tickMs: 2000 }
const SCHEDULE = new Uint8Array(96)

/** Makes sessions soaks. */
export interface Soaks {
  readonly params: Partial<NetworkParams>
  /** the receiver's signature, for these providers: the honest one, and the other */
  scheduleFor(honest: Hex, other: Hex): Uint8Array
}
const NO_SOAKS: Soaks = { params: PARAMS, scheduleFor: () => SCHEDULE }

/** Changes what one node announces, given the whole session's true announcements: the altered one, and another of its role. */
export type Alter = (own: Announcement, other: Announcement) => Partial<Announcement>

export interface MeasuredEpoch {
  /** the receiver's votes of the two providers; with the role `provider`, `other` is the altered one */
  readonly honest: Vote
  readonly other: Vote
  /** refusals of the honest provider's relay, by reason */
  readonly refused: Relay['stats']['refused']
  /** What does not hold in the transcript of the honest provider's session, and how many of its senders were silent. */
  readTranscript(): Promise<{ readonly faults: CheckJson[]; readonly silent: number }>
}

type Node = Awaited<ReturnType<typeof newMember>> & { readonly index: number }

async function newMember() {
  const seed = randomBytes(32)
  return { ...(await memberOf(NETWORK, seed, toHex(randomBytes(32)))), seed: toHex(seed) }
}

export class OneEpoch {
  readonly #closing: (() => unknown)[] = []

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close()
  }

  /**
   * Two providers and four verifiers, of which one receives and the others send.
   * @param role of the node whose announcement `alter` changes: the second provider, or a sender
   */
  async measure(role: Announcement['role'], alter: Alter, soaks = NO_SOAKS): Promise<MeasuredEpoch> {
    const { verifiers, providers, facts } = await newNodes()
    const [honest, other] = providers as [Node, Node]
    const params = { ...PARAMS, ...soaks.params }
    const assignment = assign(facts, params)
    const record: EpochRecord = { facts, assignment }
    const session = assignment.sessions.find(({ provider }) => provider === honest.account)!
    const self = verifiers.find(({ index }) => index === session.receiver)!
    const [altered, model] = role === 'provider' ? [other.index, honest.index] : (session.senders as [number, number])

    const relay = await this.#openRelay(honest)
    const relays = [relay, await this.#openRelay(other)]
    const announced: Announcement[] = []
    for (const [i, node] of [honest, other].entries()) announced.push(await this.#openProvider(node, relays[i]!))
    const peers = new Map<Node, Peer>()
    for (const node of verifiers) {
      const peer = await this.#openPeer(node.seed)
      peers.set(node, peer)
      announced.push(announcementOf('verifier', node, peer))
    }
    const truth = (index: number) => announced.find(one => one.role === role && one.index === index)!
    const onChain = announced.map(one => (one === truth(altered) ? { ...one, ...alter(one, truth(model)) } : one))
    const directory = new Directory({ announcements: async () => onChain }, silent)
    await directory.refresh()

    const stopping = new AbortController()
    this.#closing.push(() => stopping.abort())
    await connectAll(peers.values(), onChain, stopping.signal)
    const kept = Promise.withResolvers<Uint8Array>()
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    this.#closing.push(() => receiver.close())
    const genesisMs = Date.now() + 100 // what takes time is done
    const contextOf = (node: Node) =>
      ({
        ...{ self: { index: node.index, account: node.account }, network: NETWORK, params },
        epochs: { genesisMs, epochMs: params.epochSeconds * 1000, eraEpochs: params.eraEpochs },
        ...{ peer: peers.get(node)!, peerSigner: node.signer, voucherSigner: node.voucherSigner },
        answers: new AnswerVerifiers(NETWORK),
        ...{ wall: WALL_CLOCK, clock: systemClock, random: systemRandom, log: silent, stopping: stopping.signal },
        store: { putTranscript: async (...[, , bytes]: [number, Uint8Array, Uint8Array]) => keep(bytes) },
        fail: kept.reject,
      }) as unknown as VerifierContext
    const keep = (bytes: Uint8Array) => {
      const { session } = parseTranscript(bytes, 'it').transcript
      if (toHex(session.provider) === honest.account) kept.resolve(bytes)
    }
    const epochFacts = { get: async () => record } as unknown as EpochFacts
    for (const node of verifiers) {
      const serving = new Serving(contextOf(node), epochFacts, directory, HOST, NO_TOKENS)
      const serve = (...[stream, peerId]: Parameters<Serving['serve']>) => serving.serve(stream, peerId)
      await serveProbes(peers.get(node)!, peerId => directory.isVerifier(peerId), serve, silent)
    }
    const modules = {
      context: contextOf(self),
      directory,
      receiver,
      udp: new OwnUdp(HOST, undefined),
      tokens: NO_TOKENS,
      sessions: new SessionCounts(),
    }
    const votes = await measureEpoch(modules, record, soaks.scheduleFor(honest.account, other.account))
    const voteOf = ({ account }: Node): Vote => votes.find(({ provider }) => provider === account)!

    const readTranscript = async () => {
      const parsed = parseTranscript(await kept.promise, 'it')
      const registry = { network: NETWORK, factsAt: async () => facts, announcedIn: async () => onChain }
      const { checks, senders } = await checkTranscript(parsed)
      const faults = [...(await checkRegistered(parsed, registry, params)), ...checks].filter(({ holds }) => !holds)
      return { faults, silent: senders.filter(({ answer }) => answer !== 'granted').length }
    }
    return { honest: voteOf(honest), other: voteOf(other), refused: relay.stats.refused, readTranscript }
  }

  async #openPeer(seed: Hex): Promise<Peer> {
    const peer = await createPeer({ seed, listen: [`/ip4/${HOST}/tcp/0`], log: silent })
    this.#closing.push(() => peer.stop())
    return peer
  }

  async #openRelay({ answerSigner, voucherSigner }: Node): Promise<Relay> {
    const port = { host: HOST, port: 0, clock: systemClock }
    const keys = { answerSigner, voucherSigner, access: everybodyReserved, random: systemRandom }
    const relay = await Relay.open({ ...port, claimKbps: CLAIM_KBPS, ...keys })
    this.#closing.push(() => relay.close())
    return relay
  }

  async #openProvider(provider: Node, relay: Relay): Promise<Announcement> {
    const peer = await this.#openPeer(provider.seed)
    const serve = (...[stream, id]: Parameters<StreamHandler>) => relay.serve(stream, id)
    await handleStreams(peer, SESSION_PROTOCOL, RelayOpen.maxBytes, serve, () => {})
    return announcementOf('provider', provider, peer)
  }
}

/** Four verifiers, two providers on one link, and what the chain says of them. */
async function newNodes() {
  const sample = sampleFacts({ verifiers: 4, providers: 2, epoch: EPOCH })
  const nodes = (indices: readonly number[]) =>
    Promise.all(indices.map(async (index): Promise<Node> => ({ ...(await newMember()), index })))
  const verifiers = await nodes(sample.verifiers.map(({ index }) => index))
  const providers = await nodes(sample.providers.map(({ index }) => index))
  const common = { claimKbps: CLAIM_KBPS, link: keccakText('one link') }
  const facts = {
    ...sample,
    verifiers: sample.verifiers.map((one, i) => ({ ...one, account: verifiers[i]!.account })),
    providers: sample.providers.map((one, i) => ({ ...one, ...common, account: providers[i]!.account })),
  }
  return { verifiers, providers, facts }
}

const announcementOf = (role: Announcement['role'], { index, account, peerId }: Node, peer: Peer): Announcement => ({
  ...{ role, index, account, peerId, multiaddrs: listenAddresses(peer) },
})

/** As in a network that runs: nobody has to dial in the middle of a session whom it can reach. */
async function connectAll(peers: Iterable<Peer>, onChain: readonly Announcement[], signal: AbortSignal) {
  const addresses = onChain.map(readableAddress).filter(address => address !== undefined)
  const reachable = addresses.filter(({ multiaddrs }) => multiaddrs.length > 0)
  for (const peer of peers) {
    if (!reachable.some(({ peerId }) => peerId === peer.peerId.toString())) continue // nor does it dial: it stays silent
    const others = reachable.filter(({ peerId }) => peerId !== peer.peerId.toString())
    await Promise.all(others.map(other => connect(peer, other, signal)))
  }
}
