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
import { Certificate, type Evidence } from '../../../proto/messages.js'
import backend from '../../bls/backend.js'
import { g1FromEip2537 } from '../../bls/encoding.js'
import type { Statement } from '../../core/agreement/statements.js'
import { decodeGossip, type GossipMessage } from '../../net/gossip-messages.js'
import { gossipFault } from '../gossip-checks.js'
import { Witness } from '../witness.js'
import { bls, certificate, EPOCH, facts, header, list, network, proposal, signers } from './gossip-samples.js'

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
  const signature = bls.aggregate(by.map(verifier => signers[verifier]!.sign(digest)))
  return decodeGossip('certificate', certificate(by, { round, header: encodeHeader(changed), signature }))
}

describe('witness of what verifiers sign', () => {
  let witness: Witness
  let evidence: { readonly name: string; readonly evidence: Evidence }[]
  let own: Statement[]
  beforeEach(() => {
    evidence = []
    own = []
    witness = new Witness({
      context: {
        network,
        bls: { signer: signers[SELF]!, verifier: bls },
        self: { index: SELF, account: `0x${'03'.repeat(20)}` },
      },
      onEvidence: (one, name) => evidence.push({ name, evidence: one }),
      onOwn: statement => own.push(statement),
    })
  })
  /** As the inbox does. */
  const hear = (message: GossipMessage): 'rejected' | 'forwarded' | 'ignored' => {
    if (gossipFault({ network, bls: { signer: signers[SELF]!, verifier: bls } }, facts, message) !== undefined)
      return 'rejected'
    return witness.isSuperfluous(message, facts) ? 'ignored' : 'forwarded'
  }

  for (const kind of STATEMENT_KINDS) {
    it(`the second of two ${kind}s travels on and makes evidence; a third does not`, () => {
      const heard = ['a', 'b', 'b', 'c', 'a'].map(value => hear(saying(kind, 1, value)))
      expect(heard).to.deep.equal(['forwarded', 'forwarded', 'forwarded', 'ignored', 'forwarded'])
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

  it('honest verifiers and forgers make no evidence, in any order and number of messages', () => {
    const message = fc.record({
      kind: fc.constantFrom(...STATEMENT_KINDS),
      verifier: fc.nat(2),
      round: fc.nat(2),
      forger: fc.option(fc.nat(3), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), messages => {
        for (const { kind, verifier, round, forger } of messages) {
          // An honest verifier signs one value in each slot; a forger claims others in its name.
          const honest = saying(kind, verifier, `${kind} ${kind === 'report' ? round : ''}`, round)
          expect(hear(honest)).to.equal('forwarded')
          if (forger === undefined || forger === verifier) continue
          expect(hear(saying(kind, verifier, 'forged', round, forger))).to.equal('rejected')
        }
        expect(evidence).to.deep.equal([])
      }),
      { numRuns: 30 },
    )
  })

  it('a list that only a proposal shows is evidence, and does not stop the proposal', () => {
    expect(hear({ kind: 'seen', message: list(1, [0]) })).to.equal('forwarded')
    const proposed = () => decodeGossip('proposal', proposal([list(0), list(1), list(2)]))
    expect(hear(proposed())).to.equal('forwarded')
    expect(evidence.map(({ name }) => name)).to.deep.equal(['seen-1-1'])
    expect(hear({ kind: 'seen', message: list(1, [2]) })).to.equal('ignored')
    expect(hear(proposed())).to.equal('forwarded')
  })

  it('two proposals of one leader are no evidence', () => {
    hear(decodeGossip('proposal', proposal([list(0), list(1), list(2)])))
    expect(hear(decodeGossip('proposal', proposal([list(1), list(2), list(0)])))).to.equal('forwarded')
    expect(evidence).to.deep.equal([])
  })

  it('certificates of two headers in one round are evidence; other signers or another round are not', () => {
    const other = { scoreRoot: keccakText('another score') }
    expect(hear(certified([0, 1, 2]))).to.equal('forwarded')
    expect(hear(certified([0, 1, 3]))).to.equal('forwarded')
    expect(hear(certified([0, 1, 2], other, 1))).to.equal('forwarded')
    expect(evidence).to.deep.equal([])
    expect(hear(certified([1, 2, 3], other))).to.equal('forwarded')
    expect(hear(certified([0, 1, 2], { scoreRoot: keccakText('a third') }))).to.equal('ignored')
    expect(evidence.map(({ name }) => name)).to.deep.equal(['certificates-0'])
    const { first, second } = evidence[0]!.evidence.certificates!
    const missing = [3, 0].map(verifier => [facts.verifiers[verifier]!.position])
    expect([first, second].map(one => Certificate.decode(one).nonSigners)).to.deep.equal(missing)
  })

  it('what the own key signs is handed on, and never brought as evidence', () => {
    hear(saying('seen', SELF, 'a'))
    hear(saying('seen', SELF, 'b'))
    const lists = [list(0), list(1), list(SELF)]
    hear(decodeGossip('proposal', proposal(lists)))
    expect(own.map(({ kind, verifier }) => `${kind} ${verifier}`)).to.deep.equal(['seen 3', 'seen 3', 'seen 3'])
    expect(evidence).to.deep.equal([])
  })
})
