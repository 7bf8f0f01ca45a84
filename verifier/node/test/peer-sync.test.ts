/** A verifier fetches from several peers: a wrong answer of one must not hide the right answer of another. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type MonotonicClock, systemClock, systemRandom } from '../../../probe/index.js'
import { PART_VOTES, providerOf } from '../../../proto/ballot-index.js'
import { sessionIdOf } from '../../../proto/digests.js'
import { epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { keccak, keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot, GossipItem, Transcript } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { decodeVote, encodeVote } from '../../../proto/vote.js'
import { account, providerNamed, facts as sampleFacts } from '../../core/test/samples.js'
import type { Registry } from '../../evidence/registry-checks.js'
import { freshMembers, registryOf, transcriptOfSession } from '../../evidence/test/session-transcript.js'
import type { Peer } from '../../net/libp2p.js'
import type { Offence, Offences } from '../../net/offences.js'
import { type SyncSource, serveSync } from '../../net/sync.js'
import { addressOf, forStrangers, silent, withPeers } from '../../net/test/network.js'
import { Store } from '../../store/store.js'
import { putBallot, storedBallot } from '../../store/test/samples.js'
import { BusyError } from '../answer-faults.js'
import type { VerifierContext } from '../context.js'
import type { Directory } from '../directory.js'
import { PeerSync } from '../peer-sync.js'
import { syncSource } from '../sync-source.js'
import { bls, epochs, network, facts as signedFacts, votedBallot } from './gossip-samples.js'

describe('what a verifier asks of its peers', function () {
  this.retries(2) // a peer has two seconds for its answer
  let registry: Registry
  let transcript: Transcript
  let sessionId: Hex
  let honest: Uint8Array
  /** the wall clock of all nodes; every epoch of these tests is over */
  let nowMs: number
  /** what was reported of the peers: their indices, and what they did */
  let offences: [index: number, offence: Offence][]
  let dir: string
  let store: Store
  before(async () => {
    const members = await freshMembers()
    registry = registryOf(members)
    transcript = await transcriptOfSession(members)
    sessionId = toHex(transcript.session.sessionId)
    honest = Transcript.encode(transcript)
  })
  beforeEach(async () => {
    nowMs = epochStartMs(epochs, 1000)
    offences = []
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-peers-'))
    store = await Store.open(dir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  /** @param sources of the peers, in the order of their indices. @returns what `ask` finds */
  async function asking<T>(
    sources: readonly Partial<SyncSource>[],
    ask: (peers: PeerSync) => Promise<T>,
    clock: MonotonicClock = systemClock,
  ): Promise<T> {
    let found: T | undefined
    await withPeers(sources.length + 1, async (self, ...peers) => {
      const times = { epochs, params: DEVNET, wall: { nowMs: () => nowMs } }
      for (const [i, peer] of peers.entries()) {
        await serveSync(peer, { ...syncSource({ store, ...times }), ...sources[i] }, forStrangers())
      }
      const context = {
        ...{ store, peer: self!, log: silent, ...times, chain: registry, network },
        bls: { verifier: bls },
        ...{ self: { index: 0 }, stopping: new AbortController().signal, random: systemRandom },
        ...{ clock, offences: book(peers) },
      } as unknown as VerifierContext
      found = await ask(new PeerSync(context, directoryOf(peers)))
    })
    return found!
  }

  /** Asks for the transcript. Each peer in turn gives one of the answers. */
  const asked = (answers: readonly Uint8Array[], id = sessionId): Promise<Uint8Array | undefined> =>
    asking(
      answers.map(answer => ({ transcript: async () => answer })),
      peers => peers.transcript(id),
    )

  const book = (peers: readonly Peer[]): Pick<Offences, 'report'> => ({
    report: (peerId, offence) => {
      offences.push([peers.findIndex(peer => peer.peerId.toString() === peerId) + 1, offence])
    },
  })

  const directoryOf = (peers: readonly Peer[]): Directory => {
    const announced = peers.map((peer, i) => ({ ...addressOf(peer), role: 'verifier', index: i + 1 }))
    return { verifiers: () => announced } as unknown as Directory
  }

  const changed = (change: Partial<Transcript>): Uint8Array => Transcript.encode({ ...transcript, ...change })

  it('is the first transcript that holds, whatever other peers answered before', async () => {
    const { session, senderPeers } = transcript
    const [first, ...others] = session.senderRecords
    const lies = [
      Uint8Array.of(1, 2, 3),
      changed({ session: { ...session, sessionId: fromHex(keccakText('another')) } }),
      changed({ session: { ...session, outcome: 'verified' } }),
      changed({ session: { ...session, senderRecords: [{ ...first!, chunks: first!.chunks.slice(1) }, ...others] } }),
      changed({ senderPeers: senderPeers.toReversed() }),
    ]
    for (const lie of lies) expect(await asked([lie])).to.equal(undefined)
    expect(await asked([...lies, honest])).to.deep.equal(honest)
  })

  it('attack: a peer that answers with transcripts of sessions that nobody had is not asked again', async () => {
    const { session, senderPeers, receiverPeer } = transcript
    const { epoch, receiver, senders } = session
    /** Of a session that has the id of what it says. */
    const madeUp = (change: Partial<Transcript>, own: Partial<Transcript['session']> = {}) => {
      const made = { ...transcript, ...change, session: { ...session, ...own } }
      const parties = { provider: toHex(made.session.provider), receiver, senders: made.session.senders }
      const id = sessionIdOf(
        registry.network,
        { era: made.era, epoch },
        toHex(made.beacon),
        parties,
        toHex(session.nonce),
      )
      return Transcript.encode({ ...made, session: { ...made.session, sessionId: fromHex(id) } })
    }
    const idOf = (answer: Uint8Array) => toHex(Transcript.decode(answer).session.sessionId)
    const beacon = fromHex(keccakText('of another block'))
    const peers = [receiverPeer, ...senderPeers.slice(1)]
    const lies: [Uint8Array, Offence, Hex?][] = [
      [Uint8Array.of(1, 2, 3), 'answer', sessionId],
      [honest, 'answer', keccakText('another')],
      [changed({ beacon }), 'answer'],
      [madeUp({ senderPeers: peers }, { senders: [receiver, ...senders.slice(1)] }), 'answer'],
      // An honest peer may have seen another block, or another announcement.
      [madeUp({ beacon }), 'disputed'],
      [madeUp({}, { senders: [receiver, ...senders.slice(1)] }), 'disputed'],
      [changed({ session: { ...session, outcome: 'verified' } }), 'disputed'],
    ]
    for (const [i, [lie, offence, id = idOf(lie)]] of lies.entries()) {
      offences = []
      expect(await asked([lie], id)).to.equal(undefined)
      expect(offences, `of lie ${i}`).to.deep.equal([[1, offence]])
    }
  })

  it('is no transcript signed with keys that the chain does not name', async () => {
    const other = await transcriptOfSession(await freshMembers())
    expect(await asked([Transcript.encode(other)], toHex(other.session.sessionId))).to.equal(undefined)
  })

  const factsOf = (providers: readonly Hex[]) => ({
    ...signedFacts,
    providers: providers.map((one, i) => providerNamed(i, { account: one })),
  })
  const PROVIDERS = [account('a'), account('b')].sort()
  const ballotFacts = factsOf(PROVIDERS)
  const whole = votedBallot(2, PROVIDERS)
  const entryOf = ({ verifier, root }: Ballot) => ({ verifier, root: toHex(root) })
  const indexOf = (votes: readonly Uint8Array[]) =>
    Buffer.concat(votes.map(vote => Buffer.concat([fromHex(providerOf(vote)), fromHex(keccak(vote))])))
  const headOf = (ballot: Ballot) => Ballot.encode({ ...ballot, votes: [] })
  const partOf = ({ votes }: Ballot, part: number) =>
    Buffer.concat(votes.slice(part * PART_VOTES, (part + 1) * PART_VOTES))
  const gives = (ballot: Ballot) => ({
    ballot: async () => [headOf(ballot), indexOf(ballot.votes)],
    ballotPart: async (_: Hex, part: number) => partOf(ballot, part),
  })
  /** @returns the ballot as the store holds it then */
  const askedBallot = (
    sources: readonly Partial<SyncSource>[],
    entry = entryOf(whole),
    holders: number[] = [],
    facts = ballotFacts,
  ) =>
    asking(sources, async peers => {
      const head = await peers.ballot(entry, facts, holders)
      const stored = await storedBallot(store, entry.root)
      expect(head === undefined, 'what is not right is not held').to.equal(stored === undefined)
      return stored
    })

  it('attack: as many votes as a message holds, for a ballot that has two at most', async () => {
    const many = Array.from({ length: 280 }, (_, i) => account(`${i}`)).sort()
    const huge = votedBallot(2, many)
    expect(await askedBallot([gives(huge)], entryOf(huge)), 'although it has this very root').to.equal(undefined)
  })

  it('attack: a ballot with the right votes and anything else wrong is not kept, so the right one is', async () => {
    const other = votedBallot(3, PROVIDERS)
    const lies = [
      { ...whole, signature: other.signature },
      { ...whole, schedule: other.schedule },
      { ...whole, epoch: whole.epoch + 1 },
      { ...whole, verifier: 3 },
      { ...whole, votes: whole.votes.toReversed() },
      { ...whole, votes: [] },
      other,
    ]
    for (const lie of lies) expect(await askedBallot([gives(lie)])).to.equal(undefined)
    // Of all of them at once, one process on a busy machine would be too slow to hear the right one in time.
    expect(await askedBallot([...lies.slice(0, 2).map(gives), gives(whole)])).to.deep.equal(whole)
    expect(await askedBallot([gives(other)]), 'held').to.deep.equal(whole)
  })

  it('blames a peer for what no honest peer holds, and for nothing else', async () => {
    const other = votedBallot(1, PROVIDERS)
    const unsigned = { ...whole, signature: other.signature }
    const extra = votedBallot(2, [...PROVIDERS, account('c')].sort()) // the chain may have known one provider more
    const onlyPart = { ballotPart: async () => partOf(other, 0) }
    const lies: [Partial<SyncSource>, Offence | undefined, Ballot?][] = [
      [{ ballot: async () => [Uint8Array.of(1, 2, 3)] }, 'answer'],
      [{ ballot: async () => [] }, 'answer'],
      [{ ballot: async () => [headOf(whole), fromHex(toHex(whole.root))] }, 'answer'],
      [gives(other), 'answer'],
      [gives({ ...whole, votes: other.votes.toReversed() }), 'answer'],
      [{ ballot: async () => [new Uint8Array(49 * 1024 * 1024)] }, 'answer'],
      [{ ...gives(whole), ...onlyPart }, 'answer'],
      [gives(unsigned), 'disputed'],
      [gives(extra), undefined, extra],
      [{ ballot: async () => undefined }, undefined],
      [{ ...gives(whole), ballotPart: async () => undefined }, undefined],
    ]
    for (const [i, [source, offence, asked = whole]] of lies.entries()) {
      offences = []
      expect(await askedBallot([source], entryOf(asked))).to.equal(undefined)
      expect(offences, `of lie ${i}`).to.deep.equal(offence === undefined ? [] : [[1, offence]])
    }
  })

  describe('of a ballot in three parts', () => {
    const MANY = Array.from({ length: 2 * PART_VOTES + 88 }, (_, i) => account(`${i}`)).sort()
    const manyFacts = factsOf(MANY)
    const large = votedBallot(2, MANY)
    const askedLarge = (sources: readonly Partial<SyncSource>[]) => askedBallot(sources, entryOf(large), [], manyFacts)
    const givesParts = (...parts: readonly number[]) => ({
      ...gives(large),
      ballotPart: async (_: Hex, part: number) => (parts.includes(part) ? partOf(large, part) : undefined),
    })
    /** The index with hashes of two votes exchanged: it has this very root. */
    const lyingIndex = (at: number, other: number) => {
      const index = indexOf(large.votes)
      const hash = (of: number) => index.subarray(of * 52 + 20, (of + 1) * 52)
      const kept = Uint8Array.from(hash(at))
      hash(at).set(hash(other))
      hash(other).set(kept)
      return index
    }

    it('asks several peers, none of which has all parts', async () => {
      expect(await askedLarge([givesParts(0, 2), givesParts(), givesParts(1)])).to.deep.equal(large)
      expect(offences).to.deep.equal([])
    })

    it('asks only for the parts that it lacks, also after a restart', async () => {
      expect(await askedLarge([givesParts(0, 2)])).to.equal(undefined)
      await store.close()
      store = await Store.open(dir, { mode: 'existing' })
      const asked: number[] = []
      const counting = {
        ...gives(large),
        ballotPart: async (_: Hex, part: number) => {
          asked.push(part)
          return partOf(large, part)
        },
      }
      expect(await askedLarge([counting])).to.deep.equal(large)
      expect(asked).to.deep.equal([1])
    })

    it('attack: another part in the place of the one that was asked for is the blame of whoever gives it', async () => {
      const shifted = { ...gives(large), ballotPart: async () => partOf(large, 1) }
      expect(await askedLarge([shifted])).to.equal(undefined)
      expect(offences).to.deep.include([1, 'answer'])
      offences = []
      expect(await askedLarge([shifted, gives(large)])).to.deep.equal(large)
      expect(offences.filter(([peer]) => peer === 2)).to.deep.equal([])
    })

    it('attack: an index with the right root and the wrong providers is the blame of whoever gave it', async () => {
      for (const [at, other] of [
        [3, 4],
        [3, 500],
        [599, 0],
      ] as const) {
        offences = []
        const index = lyingIndex(at, other)
        const liar = { ...gives(large), ballot: async () => [headOf(large), index] }
        expect(await askedLarge([liar])).to.equal(undefined)
        expect(offences).to.deep.equal([[1, 'answer']])
      }
      const liar = { ...gives(large), ballot: async () => [headOf(large), lyingIndex(0, 1)] }
      offences = []
      expect(await askedLarge([liar, liar, gives(large)])).to.deep.equal(large)
      expect(offences.filter(([peer]) => peer === 3)).to.deep.equal([])
    })

    it('attack: a peer that gives the index and no part hides nothing', async () => {
      const never = Promise.withResolvers<undefined>()
      const stalls = { ...gives(large), ballotPart: () => never.promise }
      expect(await askedLarge([stalls, gives(large)])).to.deep.equal(large)
      never.resolve(undefined)
    })
  })

  it('says who leaves requests without an answer, once the time is over', async () => {
    const never = Promise.withResolvers<undefined>()
    expect(await askedBallot([{ ballot: () => never.promise }])).to.equal(undefined)
    expect(offences).to.deep.equal([[1, 'silence']])
    never.resolve(undefined)
  })

  it('attack: users of its API have it open no more streams than others let it', async () => {
    const standing: MonotonicClock = { now: () => 0 } // however long the requests take
    const errors: unknown[] = []
    await asking(
      [{ transcript: async () => undefined }],
      async peers => {
        for (let i = 0; i < 140; i++)
          await peers.transcript(keccakText(`session ${i}`)).catch(error => errors.push(error))
      },
      standing,
    )
    expect(errors.length).to.be.above(0)
    expect(errors[0]).to.be.instanceOf(BusyError)
    expect(await store.getTranscript(sessionId, 1)).to.equal(undefined)
  })

  it('attack: two of seven verifiers that never answer hide no ballot', async () => {
    const never = Promise.withResolvers<undefined>()
    const lacks = { ballot: async () => undefined }
    const stalls = { ballot: () => never.promise }
    const found = await askedBallot([stalls, stalls, lacks, lacks, gives(whole), lacks], entryOf(whole), [1, 2, 5])
    expect(found).to.deep.equal(whole)
    never.resolve(undefined)
  })

  it('attack: a peer that hides all messages, or sends rubbish, hides nothing from a late joiner', async () => {
    const facts = sampleFacts({ verifiers: 4, providers: 2, epoch: 1 })
    const item = (kind: string, byte: number) => GossipItem.encode({ kind, data: Uint8Array.of(byte) })
    const honest = { gossip: async () => [item('commit', 1)] }
    const rubbish = { gossip: async () => Array.from({ length: 9 }, () => item('seen', 2)) }
    const many = { gossip: async () => Array.from({ length: 300 }, () => item('commit', 3)) }
    for (const liar of [{ gossip: async () => [] }, rubbish, many]) {
      const heard: number[] = []
      await asking([liar, honest, honest], peers =>
        peers.gossip(facts, async ({ kind, data }) => {
          heard.push(data[0]!)
          return kind === 'commit'
        }),
      )
      expect(heard, 'of the messages of the honest').to.include(1)
      expect(heard.filter(one => one === 2).length, 'of the rubbish').to.be.lessThan(2)
      expect(heard, 'of more messages than an epoch has').not.to.include(3)
    }
  })

  it('attack: a vote that is copied from this node’s own API before the commitments close', async () => {
    const { epoch } = transcript.session
    await store.putTranscript(epoch, fromHex(sessionId), honest)
    const own = () => asking([], peers => peers.transcript(sessionId))
    nowMs = epochEndMs(epochs, epoch) + DEVNET.commitMs - 1
    expect(await own()).to.equal(undefined)
    nowMs++
    expect(await own()).to.deep.equal(honest)
  })

  it('is no transcript with a vote that its receiver did not cast', async () => {
    const { session, vote } = transcript
    const { epoch, receiver } = session
    const cast = encodeVote({ ...decodeVote(vote), ticksAnswered: 0n }) // only the ballot tells the difference
    const ballot = async (votes: Uint8Array[]) => {
      const root = fromHex(new MerkleTree(votes).root)
      const signatures = { signature: new Uint8Array(96), schedule: new Uint8Array(96) }
      await putBallot(store, { epoch, verifier: receiver, root, votes, ...signatures })
    }
    await ballot([cast])
    expect(await asked([honest])).to.equal(undefined)
    expect(await asked([honest, changed({ vote: cast })])).to.deep.equal(changed({ vote: cast }))
  })
})
