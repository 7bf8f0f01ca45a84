/** What `explain` says, from evidence as a verifier serves it: real signatures, a run of epochs, and evidence that was changed. */
import { expect } from 'chai'
import { headerHash } from '../../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot } from '../../../proto/messages.js'
import { encodeVote, OUTCOME } from '../../../proto/vote.js'
import { account, PARAMS, vote } from '../../core/test/samples.js'
import { explanationOf } from '../../evidence/explanation.js'
import { recompute } from '../../evidence/recompute.js'
import type { EvidenceJson } from '../../evidence/schema/evidence.js'
import { type ExplanationJson, explanationSchema } from '../../evidence/schema/explanation.js'
import type { SettlementJson } from '../../evidence/schema/providers.js'
import { epochOf, GENESIS, honest, NETWORK, PROVIDER, slow } from '../../evidence/test/epoch-evidence.js'
import { explanationText } from '../explanation/text.js'

const explained = (evidence: EvidenceJson, settlements: readonly SettlementJson[] = []): ExplanationJson =>
  explanationOf(PROVIDER, recompute(evidence), evidence.posted, settlements, [])!

const failing = ({ checks }: ExplanationJson): string[] => checks.filter(({ holds }) => !holds).map(({ what }) => what)

describe('explain', () => {
  it('gives every step of an honest score, and bears it out', () => {
    const explanation = explained(epochOf(1, honest).evidence)
    expect(failing(explanation)).to.deep.equal([])
    expect(explanationSchema.parse(explanation)).to.deep.equal(explanation)
    const text = explanationText(explanation)
    expect(text).to.include('certified 25.00 Mbit/s of 25.00 Mbit/s claimed')
    expect(text).to.include('Rate         4 usable votes of 4 assigned verifiers; 3 are needed.')
    expect(text).to.include('Throughput   S was 0.000000 and N 0.500000 before the first window.')
    expect(text).to.include('T = S/N = 1.000000/1.458502 = 0.685635.')
    expect(text).to.include('Penalty      none\n')
    expect(text).not.to.include('Soaks')
    expect(text.match(/^ *✓ /gm)).to.have.length(6)
  })

  it('leads from three windows below the slashing threshold to the stake that it cost', () => {
    const then = epochOf(2, slow, epochOf(1, slow).next)
    const third = epochOf(3, slow, then.next)
    const early = explanationText(explained(then.evidence))
    expect(early).to.include('4 votes below the slashing threshold of 18.75 Mbit/s; 3 make a breach.')
    expect(early).to.include('This window is a breach.')
    expect(early).to.include('○○○●● in the last five windows that count, latest last; three cost stake')
    expect(early).to.include('Penalty      none\n')
    const settled = {
      epoch: 3,
      provider: PROVIDER,
      charged: `${33n * 10n ** 18n}`,
      refuted: false,
      txHash: account('settlement'),
    }
    const text = explanationText(explained(third.evidence, [settled]))
    expect(text).to.include('○○●●● in the last five windows that count, latest last; three cost stake')
    expect(text).to.include('Penalty      33 tokens slashed, 3.33 % of the stake\n')
    expect(text).to.include(
      'Penalty      10.0 % · (threshold − rate)/threshold in the worst breach = 3.33 % of the stake.',
    )
    expect(text).to.include(`Slashed in   ${settled.txHash}`)
    expect(explanationText(explained(third.evidence))).to.include('not taken yet')
  })

  it('tells which soaks hold a rate down', () => {
    const soaking = { ...PARAMS, soakShareBps: 10_000 }
    const first = epochOf(1, { ...honest, rateKbps: 20_000, soak: true }, GENESIS, soaking)
    const text = explanationText(explained(first.evidence))
    expect(text).to.include('at most the claim and the soak limit of 20.00 Mbit/s')
    expect(text).to.match(
      /Soaks +4 of 4 sessions that count in this epoch were soaks\.\n +In force from epoch 1: 20\.00 Mbit\/s \(verifier 1\), /,
    )
    const waiting = explained(epochOf(1, { ...honest, soak: true }, GENESIS, { ...soaking, windowEpochs: 2 }).evidence)
    expect(explanationText(waiting)).to.match(
      /sessions that count in this epoch were soaks\.\n +In force once the window ends, from epoch 1: /,
    )
    // From now on none is drawn, and the fast readings do not lift what the soak has found.
    const later = epochOf(2, honest, first.next, { ...soaking, soakShareBps: 0 })
    const after = explained(later.evidence)
    expect(after.leaf.rateKbps).to.equal(20_000)
    expect(explanationText(after)).to.match(
      /Soaks +0 of 4 sessions that count in this epoch were soaks\.\n +In force from epoch 1: 20\.00 Mbit\/s/,
    )
  })

  it('says why there is no rate', () => {
    const nothing = explained(epochOf(1, { outcome: OUTCOME.noData, rateKbps: 0, soak: false }).evidence)
    expect(explanationText(nothing)).to.include('Unmeasured: there is no rate and no breach.')
    const soaking = { ...PARAMS, soakShareBps: 1 }
    const unborne = explained(epochOf(1, honest, GENESIS, soaking).evidence)
    expect(explanationText(unborne)).to.include(
      'Unmeasured until 3 soak votes confirm a rate: there is no rate and no breach.',
    )
  })

  it('does not bear out evidence that was changed', () => {
    const { evidence } = epochOf(1, honest)
    const changed = (change: (ballot: Ballot) => void): ExplanationJson => {
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
    const unscheduled = changed(ballot => {
      ballot.schedule = ballot.schedule.with(0, ballot.schedule[0]! ^ 0x20)
    })
    expect(failing(unscheduled)).to.deep.equal([
      'every vote shows the schedule that its verifier signed, which draws its soaks',
    ])
    const header = { ...evidence.header, scoreRoot: account('another root').padEnd(66, '0') as Hex }
    const forged = explained({ ...evidence, header, headerHash: headerHash(NETWORK, header) })
    expect(failing(forged)).to.deep.equal([
      'the leaves computed from them have the score root of the report',
      'the whole header computed from them is the certified one',
    ])
    expect(explanationText(forged).match(/^ *✗ [^U]/gm)).to.have.length(2)
  })

  it('knows nothing of an account that was no provider', () => {
    const { evidence } = epochOf(1, honest)
    expect(explanationOf(account('stranger'), recompute(evidence), evidence.posted, [], [])).to.equal(undefined)
  })
})
