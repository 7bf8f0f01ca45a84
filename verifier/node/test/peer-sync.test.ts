/** A verifier fetches from several peers: a wrong answer of one must not hide the right answer of another. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type MonotonicClock, systemClock, systemRandom } from '../../../probe/index.js'
import { epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
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
import { BusyError } from '../answer-faults.js'
import type { VerifierContext } from '../context.js'
import type { Directory } from '../directory.js'
import { PeerSync } from '../peer-sync.js'
import { syncSource } from '../sync-source.js'
import { bls, epochs, network, facts as signedFacts, votedBallot } from './gossip-samples.js'

describe('what a verifier asks of its peers', function () {
  this.timeout(60_000)
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

  it('is no transcript signed with keys that the chain does not name', async () => {
    const other = await transcriptOfSession(await freshMembers())
    expect(await asked([Transcript.encode(other)], toHex(other.session.sessionId))).to.equal(undefined)
  })

  const PROVIDERS = [account('a'), account('b')].sort()
  const ballotFacts = { ...signedFacts, providers: PROVIDERS.map((one, i) => providerNamed(i, { account: one })) }
  const whole = votedBallot(2, PROVIDERS)
  const entryOf = ({ verifier, root }: Ballot) => ({ verifier, root: toHex(root) })
  const gives = (ballot: Ballot) => ({ ballot: async () => Ballot.encode(ballot) })
  const askedBallot = (sources: readonly Partial<SyncSource>[], entry = entryOf(whole), holders: number[] = []) =>
    asking(sources, peers => peers.ballot(entry, ballotFacts, holders))

  it('attack: as many votes as a message holds, for a ballot that has two at most', async () => {
    const many = Array.from({ length: 280 }, (_, i) => account(`${i}`)).sort()
    const huge = votedBallot(2, many)
    expect(await askedBallot([gives(huge)], entryOf(huge)), 'although it has this very root').to.equal(undefined)
    expect(await store.getBallot(toHex(huge.root))).to.equal(undefined)
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
    for (const lie of lies) {
      expect(await askedBallot([gives(lie)])).to.equal(undefined)
      expect(await store.getBallot(toHex(whole.root))).to.equal(undefined)
    }
    // Of all of them at once, one process on a busy machine would be too slow to hear the right one in time.
    expect(await askedBallot([...lies.slice(0, 2).map(gives), gives(whole)])).to.deep.equal(whole)
    expect(await askedBallot([gives(other)]), 'held').to.deep.equal(whole)
  })

  it('blames a peer for what no honest peer holds, and for nothing else', async () => {
    const other = votedBallot(1, PROVIDERS)
    const unsigned = { ...whole, signature: other.signature }
    const extra = votedBallot(2, [...PROVIDERS, account('c')].sort()) // the chain may have known one provider more
    const lies: [Partial<SyncSource>, Offence | undefined, Ballot?][] = [
      [{ ballot: async () => Uint8Array.of(1, 2, 3) }, 'answer'],
      [gives(other), 'answer'],
      [gives({ ...whole, votes: other.votes.toReversed() }), 'answer'],
      [{ ballot: async () => new Uint8Array(49 * 1024 * 1024) }, 'answer'],
      [gives(unsigned), 'disputed'],
      [gives(extra), undefined, extra],
      [{ ballot: async () => undefined }, undefined],
    ]
    for (const [source, offence, asked = whole] of lies) {
      offences = []
      expect(await askedBallot([source], entryOf(asked))).to.equal(undefined)
      expect(offences).to.deep.equal(offence === undefined ? [] : [[1, offence]])
    }
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
      await store.putBallot(toHex(root), Ballot.encode({ epoch, verifier: receiver, root, votes, ...signatures }))
    }
    await ballot([cast])
    expect(await asked([honest])).to.equal(undefined)
    expect(await asked([honest, changed({ vote: cast })])).to.deep.equal(changed({ vote: cast }))
  })
})
