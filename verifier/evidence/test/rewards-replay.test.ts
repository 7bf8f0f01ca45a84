/** A claim replayed from signed votes, and evidence that was changed. */
import { expect } from 'chai'
import { fromHex, toHex } from '../../../proto/hex.js'
import { verifyProof } from '../../../proto/merkle.js'
import { Ballot } from '../../../proto/messages.js'
import { encodeReward } from '../../../proto/reward.js'
import { account } from '../../core/test/samples.js'
import { claimable, claimableIn } from '../claimable.js'
import { rewardsExplanation } from '../rewards-explanation.js'
import { type Replay, type RewardEvidence, replayRewards } from '../rewards-replay.js'
import { rewardsExplanationSchema, rewardsSchema } from '../schema/rewards.js'
import { honest, PROVIDER, slow } from './epoch-evidence.js'
import { FUNDED, rewardRun } from './reward-run.js'

const VERIFIER = account('verifier 0')
const failing = ({ checks }: Pick<Replay, 'checks'>) => checks.filter(({ holds }) => !holds).map(({ what }) => what)

describe('rewards, replayed from signed votes', () => {
  const run = rewardRun([honest, slow, honest, honest])
  const last = run[3]!
  const replays = run.map(replayRewards).reverse() as [Replay, ...Replay[]]

  it('hold for every report of a run, and pay nothing before there is work to pay for', () => {
    expect(replays.flatMap(failing)).to.deep.equal([])
    expect(replays.map(({ paidEpoch }) => paidEpoch)).to.deep.equal([2, 1, null, null])
    expect(replays.map(({ allocation }) => allocation.budget > 0n)).to.deep.equal([true, true, false, false])
    for (const { shown } of run) expect(rewardsSchema.parse(shown)).to.deep.equal(shown)
  })

  it('explain what an account earned, and add up to the claim', () => {
    const { epochs, before, cumulative, proof, checks, ...rest } = rewardsExplanation(VERIFIER, replays, 0n, [])
    const earned = epochs.reduce((sum, one) => sum + BigInt(one.earned), BigInt(before))
    expect(earned.toString()).to.equal(cumulative)
    expect(epochs[0]!.verifier).to.include({ index: 1, balloted: true, signed: true })
    expect(verifyProof(rest.rewardsRoot, encodeReward({ account: VERIFIER, cumulative: earned }), proof!)).to.equal(
      true,
    )
    const explanation = { epochs, before, cumulative, proof, checks, ...rest }
    expect(rewardsExplanationSchema.parse(explanation)).to.deep.equal(explanation)
  })

  it('show that a provider in breach earns nothing, and that a missing signature costs points', () => {
    const of = (name: `0x${string}`) => rewardsExplanation(name, replays, undefined, []).epochs
    expect(of(PROVIDER).map(({ earned }) => earned !== '0')).to.deep.equal([false, true, false, false])
    const [signer, other] = [of(VERIFIER)[1]!.verifier!, of(account('verifier 3'))[1]!.verifier!]
    expect([signer.signed, other.signed]).to.deep.equal([true, false])
    expect(signer.points - signer.sent - signer.received).to.equal(other.points - other.sent - other.received + 2)
  })

  it('start from the sum before the oldest report that is replayed', () => {
    const { before, epochs } = rewardsExplanation(VERIFIER, [replays[0]], undefined, [])
    expect(BigInt(before) + BigInt(epochs[0]!.earned)).to.equal(BigInt(epochs[0]!.cumulative))
    expect(BigInt(before) > 0n).to.equal(true)
  })

  it('say so for an account that has earned nothing', () => {
    const explanation = rewardsExplanation(account('stranger'), replays, undefined, [])
    expect(explanation).to.include({ cumulative: '0', proof: null, claimed: null })
  })

  describe('attack: a verifier serves other evidence', () => {
    const changed: Record<string, RewardEvidence> = {
      'an amount': { ...last, shown: withMore(last.shown) },
      'an amount before': { ...last, before: withMore(last.before!) },
      'no rewards before': { ...last, before: undefined },
      'the votes of another epoch': { ...last, paid: run[0]!.evidence },
      'no paid votes': { ...last, paid: undefined },
      'a vote less': { ...last, paid: withoutAVote(last.paid!) },
      'a fuller pot': withFacts({ rewardsFunded: (2n * FUNDED).toString() }),
      'other signers': withFacts({ paidReport: { ...last.evidence.facts.paidReport, nonSigners: [1] } }),
    }
    for (const [name, evidence] of Object.entries(changed)) {
      it(name, () => expect(failing(replayRewards(evidence))).not.to.deep.equal([]))
    }

    it('amounts out of order', () => {
      const rewards = [...last.shown.rewards].reverse()
      expect(() => replayRewards({ ...last, shown: { ...last.shown, rewards } })).to.throw('no rewards state')
    })
  })

  it('can be claimed only as the accepted header says', () => {
    const posted = last.evidence.posted
    expect(claimable(last.shown, posted)).to.have.length(last.shown.rewards.length)
    expect(() => claimable(withMore(last.shown), posted)).to.throw('not the rewards of the report')
    expect(claimableIn(last.shown, posted, account('stranger'))).to.deep.equal({
      reward: { account: account('stranger'), cumulative: 0n },
      proof: [],
    })
  })

  function withMore(shown: RewardEvidence['shown']): RewardEvidence['shown'] {
    const [first, ...rest] = shown.rewards
    return { ...shown, rewards: [{ ...first!, cumulative: `${BigInt(first!.cumulative) + 1n}` }, ...rest] }
  }

  function withFacts(facts: Partial<RewardEvidence['evidence']['facts']>): RewardEvidence {
    return { ...last, evidence: { ...last.evidence, facts: { ...last.evidence.facts, ...facts } } }
  }

  function withoutAVote(evidence: RewardEvidence['evidence']): RewardEvidence['evidence'] {
    const [first, ...rest] = evidence.ballots
    const ballot = Ballot.decode(fromHex(first!))
    return { ...evidence, ballots: [toHex(Ballot.encode({ ...ballot, votes: [] })), ...rest] }
  }
})
