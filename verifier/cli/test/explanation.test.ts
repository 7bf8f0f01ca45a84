/** What `explain` says, from evidence as a verifier serves it: real signatures, a run of epochs, and evidence that was changed. */
import { expect } from 'chai'
import { ballotDigest, headerHash } from '../../../proto/digests.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot } from '../../../proto/messages.js'
import type { NetworkParams } from '../../../proto/params.js'
import { decodeVote, encodeVote, OUTCOME, type OutcomeCode } from '../../../proto/vote.js'
import { BlsSigner } from '../../bls/signer.js'
import { keysFromSeed } from '../../config/keys.js'
import { assign } from '../../core/assignment/assign.js'
import { decodeCarryOver, encodeCarryOver } from '../../core/scoring/carry-over.js'
import { buildReport } from '../../core/scoring/report.js'
import { account, CLAIM_KBPS, facts, PARAMS, vote } from '../../core/test/samples.js'
import { type EvidenceJson, recompute } from '../../evidence/recompute.js'
import { type Explanation, explanationOf, explanationText, type SettlementJson } from '../explanation.js'

const NETWORK = { chainId: 31_337, contract: account('contract') }
const PROVIDER = account('provider 0')
const SIGNERS = [0, 1, 2, 3].map(i => new BlsSigner(keysFromSeed('explanation', `verifier ${i}`).bls))
const ALL_TICKS = (1n << 24n) - 1n
const GENESIS = { epoch: 0, headerHash: ZERO_HASH as Hex, leaves: [] as Hex[] }

interface Cast {
  readonly outcome: OutcomeCode
  readonly rateKbps: number
  readonly soak: boolean
}

const honest: Cast = { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS, soak: false }
const slow: Cast = { outcome: OUTCOME.under, rateKbps: CLAIM_KBPS / 2, soak: false }

/** One epoch's evidence, in which every verifier votes the same of the only provider, and what the next one builds on. */
function epochOf(
  epoch: number,
  cast: Cast,
  previous: EvidenceJson['previous'] = GENESIS,
  params: NetworkParams = PARAMS,
): { readonly evidence: EvidenceJson; readonly next: EvidenceJson['previous'] } {
  const chain = facts({ verifiers: SIGNERS.length, providers: 1, epoch })
  const verifiers = chain.verifiers.map((one, i) => ({ ...one, blsKey: toHex(SIGNERS[i]!.publicKey128) }))
  const truth = { ...chain, verifiers }
  const ballots = verifiers.map(({ index }, i): Ballot => {
    const more = { epoch, provider: PROVIDER, ticksSent: ALL_TICKS, ticksAnswered: ALL_TICKS, soak: cast.soak }
    const votes = [encodeVote(vote(index, cast.outcome, cast.rateKbps, more))]
    const { root } = new MerkleTree(votes)
    const signature = SIGNERS[i]!.sign(ballotDigest(NETWORK, truth, index, root))
    return { epoch, verifier: index, root: fromHex(root), signature, schedule: new Uint8Array(96), votes }
  })
  const { header, ...report } = buildReport({
    ...{ params, facts: truth, assignment: assign(truth, params), previousHeader: previous.headerHash },
    previous: { epoch: previous.epoch, ...decodeCarryOver(previous.leaves.map(fromHex)) },
    ballotSet: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
    ballots: ballots.map(({ verifier, votes }) => ({ verifier, votes: votes.map(decodeVote) })),
  })
  const hash = headerHash(NETWORK, header)
  const leaves = encodeCarryOver(report).map(toHex)
  return {
    next: { epoch, headerHash: hash, leaves },
    evidence: {
      ...{ params, network: NETWORK, previous, header, headerHash: hash },
      facts: { ...truth, providers: truth.providers.map(one => ({ ...one, stake: one.stake.toString() })) },
      ballots: ballots.map(ballot => toHex(Ballot.encode(ballot))),
      posted: {
        ...{ header, headerHash: hash, round: 0, nonSigners: [], txHash: ZERO_HASH },
        ...{ blockNumber: 123, gasUsed: 255_000 },
      },
    },
  }
}

const explained = (evidence: EvidenceJson, settlements: readonly SettlementJson[] = []): Explanation =>
  explanationOf(PROVIDER, recompute(evidence), evidence.posted, settlements, [])!

const failing = ({ checks }: Explanation): string[] => checks.filter(({ holds }) => !holds).map(({ what }) => what)

describe('explain', () => {
  it('gives every step of an honest score, and bears it out', () => {
    const explanation = explained(epochOf(1, honest).evidence)
    expect(failing(explanation)).to.deep.equal([])
    const text = explanationText(explanation)
    expect(text).to.include('certified 25.00 Mbit/s of 25.00 Mbit/s')
    expect(text).to.include('Rate        4 usable votes of 4 assigned verifiers, 3 are needed')
    expect(text).to.include(
      'Throughput T not measured before; rate/claim = 1.000000; the first measured window sets it: 1.000000.',
    )
    expect(text).to.include('Penalty     none.')
    expect(text).not.to.include('Soaks')
    expect(text.match(/^✓ /gm)).to.have.length(4)
  })

  it('leads from three windows below the slashing threshold to the stake that it cost', () => {
    const then = epochOf(2, slow, epochOf(1, slow).next)
    const third = epochOf(3, slow, then.next)
    const early = explanationText(explained(then.evidence))
    expect(early).to.include(
      '4 votes below the slashing threshold of 18.75 Mbit/s, 3 make a breach: a breach; last five windows ○○○●●',
    )
    expect(early).to.include('Penalty     none.')
    const settled = { epoch: 3, charged: `${33n * 10n ** 18n}`, txHash: account('settlement') }
    const text = explanationText(explained(third.evidence, [settled]))
    expect(text).to.include('last five windows ○○●●●, three of them cost stake')
    expect(text).to.include(
      'Penalty     10.0 % · (threshold − rate)/threshold = 3.33 % of the stake; 33 tokens were taken in ',
    )
    expect(explanationText(explained(third.evidence))).to.include('not taken yet')
  })

  it('tells which soaks hold a rate down', () => {
    const soaking = { ...PARAMS, soakShareBps: 10_000 }
    const first = epochOf(1, { ...honest, rateKbps: 20_000, soak: true }, GENESIS, soaking)
    const text = explanationText(explained(first.evidence))
    expect(text).to.include("at most the claim and the last soak's 20.00 Mbit/s")
    expect(text).to.include(
      'Soaks       all sessions of this epoch were soaks; in force: 20.00 Mbit/s (verifier 1, epoch 1), ',
    )
    // From now on none is drawn, and the fast readings do not lift what the soak has found.
    const later = epochOf(2, honest, first.next, { ...soaking, soakShareBps: 0 })
    const after = explained(later.evidence)
    expect(after.leaf.rateKbps).to.equal(20_000)
    expect(explanationText(after)).to.include('Soaks       no session of this epoch was one; in force: 20.00 Mbit/s')
  })

  it('says why there is no rate', () => {
    const nothing = explained(epochOf(1, { outcome: OUTCOME.noData, rateKbps: 0, soak: false }).evidence)
    expect(explanationText(nothing)).to.include('unmeasured, so there is no rate and no breach')
    const soaking = { ...PARAMS, soakShareBps: 1 }
    const unborne = explained(epochOf(1, honest, GENESIS, soaking).evidence)
    expect(explanationText(unborne)).to.include('but no soak has borne out a rate yet: unmeasured')
  })

  it('does not bear out evidence that was changed', () => {
    const { evidence } = epochOf(1, honest)
    const changed = (change: (ballot: Ballot) => void): Explanation => {
      const ballot = Ballot.decode(fromHex(evidence.ballots[0]!))
      change(ballot)
      return explained({ ...evidence, ballots: [toHex(Ballot.encode(ballot)), ...evidence.ballots.slice(1)] })
    }
    const other = [encodeVote(vote(1, OUTCOME.under, 1000, { epoch: 1, provider: PROVIDER }))]
    const vote1 = changed(ballot => {
      ballot.votes = other
    })
    expect(failing(vote1)).to.include('the votes of every ballot hash to its signed root')
    const resigned = changed(ballot => {
      ballot.votes = other
      ballot.root = fromHex(new MerkleTree(other).root)
    })
    expect(failing(resigned)).to.include("3 of 4 ballots carry their verifier's signature")
    const header = { ...evidence.header, scoreRoot: account('another root').padEnd(66, '0') as Hex }
    const forged = explained({ ...evidence, header, headerHash: headerHash(NETWORK, header) })
    expect(failing(forged)).to.deep.equal([
      'the leaves computed from them have the score root of the report',
      'the whole header computed from them is the certified one',
    ])
    expect(explanationText(forged).match(/^✗ /gm)).to.have.length(2)
  })

  it('knows nothing of an account that was no provider', () => {
    const { evidence } = epochOf(1, honest)
    expect(explanationOf(account('stranger'), recompute(evidence), evidence.posted, [], [])).to.equal(undefined)
  })
})
