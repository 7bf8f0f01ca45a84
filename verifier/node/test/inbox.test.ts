/** Which gossip messages a verifier accepts, and which it rejects: real keys and a real store, but no network. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Level } from 'level'
import pino from 'pino'
import { seenDigest } from '../../../proto/digests.js'
import { epochStartMs } from '../../../proto/epoch.js'
import { encodeHeader } from '../../../proto/header.js'
import { toHex } from '../../../proto/hex.js'
import { Ballot, type Certificate, type GossipItem, SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { GOSSIP_KINDS, type GossipKind } from '../../../proto/protocols.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { UserError } from '../../config/errors.js'
import { assign } from '../../core/assignment/assign.js'
import { StoreError } from '../../store/errors.js'
import { Store } from '../../store/store.js'
import { withWrites } from '../../store/test/crashes.js'
import { storedBallot } from '../../store/test/samples.js'
import { AgreementRunner } from '../agreement-runner.js'
import type { VerifierContext } from '../context.js'
import { Inbox } from '../inbox.js'
import { keysInUse, OwnKey } from '../own-key.js'
import { Witness } from '../witness.js'
import {
  ballot,
  bls,
  certificate,
  commit,
  EPOCH,
  epochs,
  facts,
  header,
  list,
  network,
  POSITIONS,
  PROVIDERS,
  partial,
  proposal,
  signers,
  votedBallot,
} from './gossip-samples.js'

describe('inbox of a verifier', () => {
  let dir: string
  let store: Store
  let inbox: Inbox
  let certificates: Certificate[]
  let failures: Error[]
  /** what the only peer has heard */
  let replayed: GossipItem[]
  /** whether the inbox took each of them for a message that an honest peer may keep */
  let taken: boolean[]
  /** epochs whose facts were asked for */
  let asked: number[]
  let factsKnown: PromiseWithResolvers<void>
  let nowMs: number
  /** names of the evidence that was found */
  let accused: string[]
  const disk = { full: false }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-inbox-'))
    await (await Store.open(dir, { mode: 'create' })).close()
    const level = new Level<string, Uint8Array>(join(dir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' })
    const database = withWrites(level, async write => {
      if (disk.full) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' })
      await write()
    })
    disk.full = false
    store = await Store.open(dir, { mode: 'existing', database })
    certificates = []
    failures = []
    const context = {
      self: { index: 3, account: facts.verifiers[3]!.account },
      network,
      params: DEVNET,
      epochs,
      store,
      bls: { signer: signers[3]!, verifier: bls },
      wall: { nowMs: () => nowMs },
      log: pino({ level: 'silent' }),
      stopping: new AbortController().signal,
      fail: (error: Error) => failures.push(error),
    } as unknown as VerifierContext
    const record = { facts, assignment: assign(facts, DEVNET) }
    const runner = new AgreementRunner(
      {
        context,
        // no test here has a proposal recomputed
        ...{ reports: undefined as never, computer: undefined as never },
        broadcast: async () => undefined,
        maySign: () => true,
        onCertificate: heard => certificates.push(heard),
        onSigned: () => undefined,
      },
      record,
    )
    replayed = []
    taken = []
    accused = []
    asked = []
    nowMs = epochStartMs(epochs, EPOCH + 1)
    factsKnown = Promise.withResolvers()
    factsKnown.resolve()
    const onEvidence = (_: unknown, name: string) => accused.push(name)
    const witness = new Witness({
      context,
      onEvidence,
      onOwn: new OwnKey(context, { maySign: () => true, stop: async () => context.fail(keysInUse(3)) }).check,
    })
    inbox = new Inbox({
      context,
      witness,
      peers: {
        ballot: async () => undefined,
        gossip: async (_, hear) => {
          for (const item of replayed) taken.push(await hear(item, 'a peer'))
        },
      },
      runner: async epoch => {
        asked.push(epoch)
        await factsKnown.promise
        return epoch === EPOCH ? runner : undefined
      },
    })
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  const heard = async () => (await store.heardGossip(EPOCH)).map(item => item.kind)

  it('accepts correctly signed messages, and keeps them for nodes that come later', async () => {
    expect(await inbox.hear('commit', commit(1))).to.equal('accept')
    expect(await inbox.hear('seen', SeenListMessage.encode(list(2)))).to.equal('accept')
    expect(await inbox.hear('partial', partial(0))).to.equal('accept')
    expect(await inbox.hear('certificate', certificate([0, 1, 3]))).to.equal('accept')
    expect(await heard()).to.deep.equal(['commit', 'seen', 'partial', 'certificate'])
    expect(certificates.map(({ nonSigners }) => nonSigners)).to.deep.equal([[POSITIONS[2]]])
  })

  // All that is wrong with a message: see gossip-checks.test.ts.
  const REJECTED: [what: string, kind: GossipKind, bytes: () => Uint8Array][] = [
    ['bytes that are not a message', 'commit', () => Uint8Array.of(1, 2, 3)],
    ["a commitment with another verifier's signature", 'commit', () => commit(1, 2)],
    [
      'a proposal with half a header',
      'proposal',
      () => proposal([list(0), list(1), list(2)], { headerBytes: encodeHeader(header).subarray(0, 64) }),
    ],
    ['a certificate of too few signers', 'certificate', () => certificate([0, 1])],
  ]
  for (const [what, kind, bytes] of REJECTED) {
    it(`rejects ${what}`, async () => {
      expect(await inbox.hear(kind, bytes())).to.equal('reject')
      expect(await heard()).to.deep.equal([])
      expect(certificates).to.deep.equal([])
    })
  }

  it('ignores messages of an epoch that is over, and of an epoch in which the node takes no part', async () => {
    for (const epoch of [EPOCH - 1, EPOCH + 1, EPOCH + 3]) {
      expect(await inbox.hear('commit', commit(1, 1, epoch))).to.equal('ignore')
    }
    expect(await heard()).to.deep.equal([])
  })

  it('attack: messages of the next epoch, or of none, wait for nothing', async () => {
    for (const epoch of [0, EPOCH + 2]) expect(await inbox.hear('commit', commit(1, 1, epoch))).to.equal('ignore')
    nowMs = epochStartMs(epochs, 1)
    expect(await inbox.hear('commit', commit(1, 1, 0)), 'no epoch ever').to.equal('ignore')
    expect(asked).to.deep.equal([])
  })

  it('attack: a flood of messages while the facts of the epoch are unknown, of which few megabytes wait', async () => {
    factsKnown = Promise.withResolvers()
    const lie = (i: number) => ({ ...votedBallot(1, []), votes: Array(125).fill(new Uint8Array(VOTE_BYTES).fill(i)) })
    const lies = Array.from({ length: 100 }, (_, i) => Ballot.encode(lie(i)))
    let lost = 0
    const verdicts = lies.map(bytes => inbox.hear('ballot', bytes).finally(() => lost++))
    await Promise.all(verdicts.slice(-60))
    expect(lost, 'the others wait').to.be.within(65, 67)
    factsKnown.resolve()
    expect(new Set(await Promise.all(verdicts))).to.deep.equal(new Set(['reject', 'ignore']))
    expect(await inbox.hear('commit', commit(1)), 'all room is free again').to.equal('accept')
    expect(await heard()).to.deep.equal(['commit'])
  })

  it('takes a ballot with its votes, and again nothing of it', async () => {
    const voted = votedBallot(1, PROVIDERS)
    expect(await inbox.hear('ballot', Ballot.encode(voted))).to.equal('accept')
    for (const again of [voted, { ...voted, votes: [] }, { ...voted, schedule: new Uint8Array(96) }])
      expect(await inbox.hear('ballot', Ballot.encode(again)), 'nothing new').to.equal('ignore')
    expect(await heard()).to.deep.equal(['ballot'])
    const stored = () => storedBallot(store, toHex(voted.root))
    while ((await stored()) === undefined) await new Promise(setImmediate) // beside the forwarding
    expect(await stored()).to.deep.equal(voted)
  })

  const SAMPLES: Record<GossipKind, Uint8Array> = {
    commit: commit(1),
    ballot: ballot(1),
    seen: SeenListMessage.encode(list(1)),
    proposal: proposal([list(0), list(1), list(2)]),
    partial: partial(1),
    certificate: certificate([0, 1, 2]),
  }
  for (const topic of GOSSIP_KINDS) {
    it(`takes in the topic "${topic}" no message of another kind, however well signed`, async () => {
      for (const kind of GOSSIP_KINDS) {
        if (kind !== topic) expect(await inbox.hear(topic, SAMPLES[kind]), kind).to.equal('reject')
      }
      expect(await heard()).to.deep.equal([])
      expect(await inbox.hear(topic, SAMPLES[topic])).to.equal('accept')
    })
  }

  it('replays a peer’s messages, except unknown kinds and bytes of another kind', async () => {
    replayed = [
      { kind: 'rumour', data: SAMPLES.commit },
      { kind: '__proto__', data: SAMPLES.commit },
      { kind: 'seen', data: SAMPLES.commit },
      { kind: 'certificate', data: new Uint8Array() },
      { kind: 'commit', data: SAMPLES.commit },
      { kind: 'partial', data: SAMPLES.partial },
    ]
    await inbox.replay(facts)
    expect(await heard()).to.deep.equal(['commit', 'partial'])
    expect(taken).to.deep.equal([true, true, false, false, true, true])
    expect([failures, certificates]).to.deep.equal([[], []])
  })

  it('keeps two contradicting lists for others and takes no third', async () => {
    const hear = (seen: number[]) => inbox.hear('seen', SeenListMessage.encode(list(1, seen)))
    expect([await hear([0]), await hear([1]), await hear([2])]).to.deep.equal(['accept', 'accept', 'ignore'])
    expect(await heard()).to.deep.equal(['seen', 'seen'])
    expect(accused).to.deep.equal(['seen-1-1'])
  })

  it('takes once what several peers send while it is checked', async () => {
    const says = (peer: string) => inbox.hear('commit', SAMPLES.commit, peer)
    const verdicts = await Promise.all(['a', 'b', 'c'].map(says))
    expect(verdicts.toSorted()).to.deep.equal(['accept', 'ignore', 'ignore'])
    expect(await heard()).to.deep.equal(['commit'])
  })

  it('finds a contradiction between lists that are checked together, and takes no third', async () => {
    const lists = [[0], [1], [2]].map(seen => SeenListMessage.encode(list(1, seen)))
    const verdicts = await Promise.all(lists.map((bytes, i) => inbox.hear('seen', bytes, `peer ${i}`)))
    expect(verdicts.toSorted()).to.deep.equal(['accept', 'accept', 'ignore'])
    expect(accused).to.deep.equal(['seen-1-1'])
  })

  it('ignores a message whose epoch passed while it was checked', async () => {
    const verdict = inbox.hear('commit', commit(1))
    nowMs = epochStartMs(epochs, EPOCH + 2)
    expect(await verdict).to.equal('ignore')
    expect(await heard()).to.deep.equal([])
  })

  it('ends the node if its key signs what its record does not hold, and not for what the record holds', async () => {
    const own = list(3)
    const entries = own.entries.map(entry => ({ verifier: entry.verifier, root: toHex(entry.root) }))
    await store.recordSigned(`seen/${EPOCH}`, seenDigest(network, facts, 3, entries))
    expect(await inbox.hear('seen', SeenListMessage.encode(own))).to.equal('accept')
    expect(failures).to.deep.equal([])
    await inbox.hear('seen', SeenListMessage.encode(list(3, [1])))
    expect(failures).to.have.length(1)
    expect(failures[0]).to.be.instanceOf(UserError).with.property('exitCode', 9)
    expect(failures[0]!.message).to.match(/^Another process uses the keys of verifier 3\..*Run one process/)
    expect(accused).to.deep.equal([])
  })

  it('ends the node if the store has no space left', async () => {
    disk.full = true
    expect(await inbox.hear('commit', commit(1))).to.equal('ignore')
    expect(failures).to.have.length(1)
    expect(failures[0]).to.be.instanceOf(StoreError).with.property('exitCode', 6)
  })
})
