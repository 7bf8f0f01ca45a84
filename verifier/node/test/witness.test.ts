/** Which signed messages become evidence: real keys, real messages, checked as gossip is. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  ballotDigest,
  commitDigest,
  headerHash,
  reportDigest,
  scheduleDigest,
  seenDigest,
} from '../../../proto/digests.js'
import {
  decodeEquivocation,
  equivocationDigests,
  STATEMENT_KINDS,
  type StatementKind,
} from '../../../proto/equivocation.js'
import { keccakText } from '../../../proto/hash.js'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { Certificate, type Evidence, type SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { aggregate } from '../../bls/aggregate.js'
import backend from '../../bls/backend.js'
import { g1FromEip2537 } from '../../bls/encoding.js'
import type { Statement } from '../../core/agreement/statements.js'
import { account } from '../../core/test/samples.js'
import { decodeGossip, type GossipMessage } from '../../net/gossip-messages.js'
import { gossipFault } from '../gossip-checks.js'
import { Witness } from '../witness.js'
import {
  bls,
  certificate,
  EPOCH,
  epochs,
  facts,
  header,
  list,
  network,
  proposal,
  signers,
  votedBallot,
} from './gossip-samples.js'

const SELF = 3

/** A message that says `value`. @param signedBy another verifier's key forges it */
function saying(kind: StatementKind, verifier: number, value: string, round = 0, signedBy = verifier): GossipMessage {
  const hash = keccakText(value)
  const sign = (digest: Hex) => signers[signedBy]!.sign(digest)
  const common = { epoch: EPOCH, verifier }
  switch (kind) {
    case 'commit': {
      const signature = sign(commitDigest(network, facts, verifier, hash))
      return { kind, message: { ...common, commitment: fromHex(hash), signature } }
    }
    case 'ballot': {
      const signature = sign(ballotDigest(network, facts, verifier, hash))
      const schedule = sign(scheduleDigest(network, facts, facts.beacon))
      return { kind, message: { ...common, root: fromHex(hash), signature, schedule, votes: [] } }
    }
    case 'seen': {
      const signature = sign(seenDigest(network, facts, verifier, [{ verifier: 1, root: hash }]))
      return { kind, message: { ...common, entries: [{ verifier: 1, root: fromHex(hash) }], signature } }
    }
    case 'report': {
      const signature = sign(reportDigest(network, facts, round, hash))
      return { kind: 'partial', message: { ...common, round, headerHash: fromHex(hash), signature } }
    }
  }
}

function certified(by: number[], over: Partial<Header> = {}, round = 0): GossipMessage {
  const changed = { ...header, ...over }
  const digest = reportDigest(network, facts, round, headerHash(network, changed))
  const signature = aggregate(by.map(verifier => signers[verifier]!.sign(digest)))
  return decodeGossip('certificate', certificate(by, { round, header: encodeHeader(changed), signature }))
}

describe('witness of what verifiers sign', () => {
  let witness: Witness
  let evidence: { readonly name: string; readonly evidence: Evidence }[]
  let own: Statement[]
  const beginEpoch = () => {
    evidence = []
    own = []
    witness = new Witness({
      context: {
        network,
        self: { index: SELF, account: `0x${'03'.repeat(20)}` },
      },
      onEvidence: (one, name) => evidence.push({ name, evidence: one }),
      onOwn: statement => own.push(statement),
    })
  }
  beforeEach(beginEpoch)
  /** As the inbox does. */
  const hear = async (message: GossipMessage): Promise<'rejected' | 'forwarded' | 'ignored'> => {
    if (!witness.isNew(message, facts)) return 'ignored'
    const checks = { network, bls: { signer: signers[SELF]!, verifier: bls }, epochs, params: DEVNET }
    if ((await gossipFault(checks, facts, message)) !== undefined) return 'rejected'
    witness.hear(message, facts)
    return 'forwarded'
  }
  const hearAll = async (messages: readonly GossipMessage[]) => {
    const heard: Awaited<ReturnType<typeof hear>>[] = []
    for (const message of messages) heard.push(await hear(message))
    return heard
  }

  for (const kind of STATEMENT_KINDS) {
    it(`the second of two ${kind}s travels on and makes evidence; a third does not`, async () => {
      const heard = await hearAll(['a', 'b', 'b', 'c', 'a'].map(value => saying(kind, 1, value)))
      expect(heard).to.deep.equal(['forwarded', 'forwarded', 'ignored', 'ignored', 'ignored'])
      expect(evidence.map(({ name }) => name)).to.deep.equal([`${kind}-1-${kind === 'report' ? 0 : 1}`])
      const { statements, signature } = evidence[0]!.evidence.contradiction!
      const said = decodeEquivocation(statements)
      expect([said.position, said.kind, said.epoch]).to.deep.equal([1, STATEMENT_KINDS.indexOf(kind), EPOCH])
      const key = backend.PublicKey.fromBytes(g1FromEip2537(signers[1]!.publicKey128))
      const digests = equivocationDigests(network, said).map(fromHex)
      const sum = backend.Signature.fromBytes(signature)
      expect(sum.verifyMultiple([key, key], digests)).to.equal(true)
    })
  }

  it('honest verifiers and forgers make no evidence, in any order and number of messages', async () => {
    const message = fc.record({
      kind: fc.constantFrom(...STATEMENT_KINDS),
      verifier: fc.nat(2),
      round: fc.nat(2),
      forger: fc.option(fc.nat(3), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), async messages => {
        beginEpoch()
        const said = new Set<string>()
        for (const { kind, verifier, round, forger } of messages) {
          // An honest verifier signs one value in each slot; a forger claims others in its name.
          const honest = saying(kind, verifier, `${kind} ${kind === 'report' ? round : ''}`, round)
          const slot = `${kind} ${verifier} ${kind === 'report' ? round : ''}`
          expect(await hear(honest)).to.equal(said.has(slot) ? 'ignored' : 'forwarded')
          said.add(slot)
          if (forger === undefined || forger === verifier) continue
          expect(await hear(saying(kind, verifier, 'forged', round, forger))).to.equal('rejected')
        }
        expect(evidence).to.deep.equal([])
      }),
      { numRuns: 30 },
    )
  })

  it('a list that only a proposal shows is evidence, and does not stop the proposal', async () => {
    expect(await hear({ kind: 'seen', message: list(1, [0]) })).to.equal('forwarded')
    expect(await hear(decodeGossip('proposal', proposal([list(0), list(1), list(2)])))).to.equal('forwarded')
    expect(evidence.map(({ name }) => name)).to.deep.equal(['seen-1-1'])
    expect(await hear({ kind: 'seen', message: list(1, [2]) })).to.equal('ignored')
  })

  const proposed = (lists: SeenListMessage[], over: Partial<Header> = {}) =>
    decodeGossip('proposal', proposal(lists, { header: { ...header, ...over } }))

  it('two proposals of one leader are no evidence, and a third does not travel on', async () => {
    const lists = [list(0), list(1), list(2)]
    const heard = await hearAll(['a', 'b', 'c', 'a'].map(score => proposed(lists, { scoreRoot: keccakText(score) })))
    expect(heard).to.deep.equal(['forwarded', 'forwarded', 'ignored', 'ignored'])
    expect(evidence).to.deep.equal([])
  })

  it('attack: the same header of an honest leader beside other lists, by whoever has heard them', async () => {
    expect(await hear(proposed([list(0), list(1), list(2)]))).to.equal('forwarded')
    for (const lists of [[list(0), list(1), list(3)], [list(1), list(2), list(3)], [0, 1, 2, 3].map(one => list(one))])
      expect(await hear(proposed(lists))).to.equal('ignored')
  })

  it('attack: certificates of ever other signers, which anybody can make of the same signatures', async () => {
    expect(await hear(certified([0, 1, 2]))).to.equal('forwarded')
    const others = [
      [0, 1, 3],
      [1, 2, 3],
      [0, 2, 3],
    ]
    for (const by of others) expect(await hear(certified(by))).to.equal('ignored')
    expect(await hear(certified([0, 1, 2, 3])), 'it leaves out nobody that signed').to.equal('forwarded')
    for (const by of [[0, 1, 2], ...others]) expect(await hear(certified(by))).to.equal('ignored')
  })

  it('attack: one honest ballot in many forms', async () => {
    const providers = [account('a'), account('b')].sort()
    const voted = votedBallot(1, providers)
    const [whole, announced] = [voted, { ...voted, votes: [] }].map(message => ({ kind: 'ballot' as const, message }))
    const heard = await hearAll([announced!, whole!, announced!, whole!])
    expect(heard).to.deep.equal(['forwarded', 'forwarded', 'ignored', 'ignored'])
    beginEpoch()
    expect(await hearAll([whole!, announced!]), 'the votes first').to.deep.equal(['forwarded', 'ignored'])
    beginEpoch()
    const otherSchedule = votedBallot(2, providers).schedule
    const variants = [
      { ...voted, votes: voted.votes.toReversed() },
      { ...voted, votes: voted.votes.slice(1) },
      { ...voted, schedule: otherSchedule },
      { ...voted, schedule: otherSchedule, votes: [] },
    ]
    for (const message of variants) expect(await hear({ kind: 'ballot', message })).to.equal('rejected')
    expect(await hear(whole!), 'none of them keeps it out').to.equal('forwarded')
    expect(evidence).to.deep.equal([])
  })

  it('attack: one member that signs ever more ballots, votes or rounds fills nobody’s memory', async () => {
    const ballots = [1, 2, 3, 4].map(rate => votedBallot(1, [account('a')], { rateKbps: rate }))
    expect(await hearAll(ballots.map(message => ({ kind: 'ballot', message })))).to.deep.equal([
      ...['forwarded', 'forwarded', 'ignored', 'ignored'],
    ])
    const rounds = await hearAll(Array.from({ length: 40 }, (_, round) => saying('report', 1, 'a', round)))
    expect(rounds.filter(one => one === 'forwarded').length, 'rounds that begin before the deadline').to.equal(12)
  })

  it('certificates of two headers in one round are evidence; other signers or another round are not', async () => {
    const other = { scoreRoot: keccakText('another score') }
    expect(await hear(certified([0, 1, 2]))).to.equal('forwarded')
    expect(await hear(certified([0, 1, 2], other, 1))).to.equal('forwarded')
    expect(evidence).to.deep.equal([])
    expect(await hear(certified([1, 2, 3], other))).to.equal('forwarded')
    expect(await hear(certified([0, 1, 2], { scoreRoot: keccakText('a third') }))).to.equal('ignored')
    expect(evidence.map(({ name }) => name)).to.deep.equal(['certificates-0'])
    const { first, second } = evidence[0]!.evidence.certificates!
    const missing = [3, 0].map(verifier => [facts.verifiers[verifier]!.position])
    expect([first, second].map(one => Certificate.decode(one).nonSigners)).to.deep.equal(missing)
  })

  it('what the own key signs is handed on, and never brought as evidence', async () => {
    await hear(saying('seen', SELF, 'a'))
    await hear(saying('seen', SELF, 'b'))
    const lists = [list(0), list(1), list(SELF)]
    await hear(decodeGossip('proposal', proposal(lists)))
    expect(own.map(({ kind, verifier }) => `${kind} ${verifier}`)).to.deep.equal(['seen 3', 'seen 3', 'seen 3'])
    expect(evidence).to.deep.equal([])
  })
})
