import { expect } from 'chai'
import fc from 'fast-check'
import type { Measurement, Outcome } from '../../../probe/verdict/outcome.js'
import { keccakText } from '../../../proto/hash.js'
import { DEVNET } from '../../../proto/params.js'
import { OUTCOME } from '../../../proto/vote.js'
import { Draw } from '../../../verifier/core/assignment/draw.js'
import { tallyVotes } from '../../../verifier/core/scoring/tally.js'
import { vote } from '../../../verifier/core/test/samples.js'
import { cheatRow, slashedRuns } from '../../bench/cheat/result.js'
import {
  type Committee,
  colludingSenders,
  firstLentLimit,
  framedWindow,
  inflatedWindow,
  lentLimit,
  sendersAtLeast,
  vetoedVote,
  vetoedWindow,
} from '../bounds.js'
import { capturedByGroups, framedByGroups, type GroupCommittee, largestShare, vetoedByGroups } from '../group-bounds.js'
import { binomial, hypergeometric, tail, upperChance } from '../odds.js'
import type { Sample } from '../sample.js'
import { type Aim, type Subject, simulate } from '../windows.js'

const CLAIM_KBPS = 25_000

const measured = (rateKbps: number): Measurement => ({
  rateKbps,
  arrivedKbps: rateKbps,
  verifiedKbps: rateKbps,
  goodputKbps: rateKbps,
  lossBps: 0,
  jitterUs: 0,
  delayUs: 0,
  offeredKbps: 41_250,
  controlLossBps: 0,
  controlDelayUs: 0,
  directKbps: 2 * rateKbps,
  windows: 8,
  durationMs: 400,
  receivedBytes: 1_000_000,
})

const reads = (share: number, kind: 'verified' | 'under'): Sample => ({
  outcomes: [{ kind, measurement: measured(share * CLAIM_KBPS) } satisfies Outcome],
  soaks: [],
  repeated: 0,
  deliveredShare: share,
})

describe('odds', () => {
  it('are those of the textbook', () => {
    expect(binomial(4, 0.5, 2)).to.be.closeTo(0.375, 1e-12)
    expect(hypergeometric(52, 4, 5, 2)).to.be.closeTo(0.0399298, 1e-7)
    expect(tail(0, 31, hits => binomial(31, 0.3, hits))).to.be.closeTo(1, 1e-12)
    expect(upperChance(0, 200)).to.be.closeTo(1 - 0.05 ** (1 / 200), 1e-9)
    expect(upperChance(3, 3)).to.equal(1)
  })
})

describe('bounds for colluding verifiers', () => {
  const large: Committee = { receivers: 31, senders: 3, share: 1 / 3 }

  it('has the design’s 10⁻⁵ for receivers alone', () => {
    const receivers = tail(21, 31, hits => binomial(31, 1 / 3, hits))
    expect(receivers).to.be.within(1e-5, 1e-4)
    expect(framedWindow(large)).to.be.greaterThan(receivers)
  })

  it('sums to one over the senders, and grows with the share', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        fc.constantFrom(undefined, 40, 64),
        (share, verifiers) => {
          const of: Committee = { receivers: 31, senders: 3, share, ...(verifiers && { verifiers }) }
          const more = { ...of, share: share + 0.03 }
          expect([0, 1, 2, 3].reduce((sum, j) => sum + colludingSenders(of, j), 0)).to.be.closeTo(1, 1e-9)
          for (const odds of [framedWindow, inflatedWindow, (c: Committee) => vetoedWindow(c, 2)]) {
            expect(odds(more)).to.be.at.least(odds(of) - 1e-12)
          }
          expect(vetoedVote(of, 1)).to.be.at.least(vetoedVote(of, 2))
          expect(lentLimit(of)).to.be.at.least(inflatedWindow(of) - 1e-12)
          expect(firstLentLimit(of)).to.be.at.least(lentLimit(of) - 1e-12)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('leaves five per cent at a share of 0.2', () => {
    // Only the colluders' windows are inflated, and at most up to a claim of ten times the delivered rate.
    expect(inflatedWindow({ ...large, share: 0.2 }) * (10 - 1)).to.be.lessThan(0.05)
    expect(sendersAtLeast({ ...large, share: 0.2 }, 2)).to.be.closeTo(0.104, 1e-3)
  })

  it('agree with windows by the real rules', () => {
    const committee = { receivers: 31, senders: 3, verifiers: 48, share: 0.33 }
    const subject = (name: string, aim: Aim, sample: Sample): Subject => ({
      name,
      aim,
      sample,
    })
    const subjects = [subject('honest', 'frame', reads(1, 'verified')), subject('slow', 'raise', reads(0.6, 'under'))]
    const windows = 60
    const found = simulate({ ...committee, claimKbps: CLAIM_KBPS, windows, seed: 'a test', subjects, errors: [0] })
    const isLikely = (count: number, chance: number) => {
      expect(tail(count, windows, hits => binomial(windows, chance, hits))).to.be.greaterThan(1e-4)
      expect(1 - tail(count + 1, windows, hits => binomial(windows, chance, hits))).to.be.greaterThan(1e-4)
    }
    const count = (name: string, holds: (window: { breach: boolean; rateKbps: number | null }) => boolean) =>
      found.get(name)!.filter(holds).length
    isLikely(
      count('honest', ({ breach }) => breach),
      framedWindow(committee),
    )
    isLikely(
      count('slow', ({ breach }) => !breach),
      vetoedWindow(committee, 2),
    )
  })
})

describe('a provider that senders lend bandwidth to', () => {
  const slow = reads(0.6, 'under')
  const [low, high] = [slow.outcomes, reads(1, 'verified').outcomes]
  const lent = { outcomes: [low, high, high, high], soaks: [low, low, high, high] }
  const lender: Subject = {
    ...{ name: 'lender', aim: 'lend' },
    sample: { ...slow, soaks: low, lent },
  }
  const simulated = (share: number) =>
    simulate({
      ...{ receivers: 31, senders: 3, verifiers: 64, share, claimKbps: CLAIM_KBPS, windows: 100 },
      ...{ seed: 'a test', subjects: [lender], errors: [0] },
    }).get('lender')!

  it('reads its claim in ordinary sessions, and is held to its last soak', () => {
    const rates = simulated(0.2).flatMap(({ rateKbps }) => rateKbps ?? [])
    expect(rates).not.to.have.length(0)
    expect(Math.max(...rates)).to.equal(0.6 * CLAIM_KBPS)
  })

  it('is never detected if senders lend in soaks as well', () => {
    const all = { ...lender, sample: { ...lender.sample, lent: { ...lent, soaks: [low, high, high] } } }
    const options = { receivers: 31, senders: 3, verifiers: 64, share: 0.2, claimKbps: CLAIM_KBPS, windows: 100 }
    const windows = simulate({ ...options, seed: 'a test', subjects: [all], errors: [0] }).get('lender')!
    expect(windows.some(({ rateKbps }) => rateKbps === CLAIM_KBPS)).to.equal(true)
  })

  it('has its soak limit captured as often as derived, by receivers that soak one by one', () => {
    const committee = { receivers: 5, senders: 3, verifiers: 20, share: 0.3 }
    const windows = simulate({
      ...{ ...committee, claimKbps: CLAIM_KBPS, windows: 600, seed: 'a test', subjects: [lender], errors: [0] },
    }).get('lender')!
    const of = { cheat: 'lender', ...committee, claimKbps: CLAIM_KBPS, errors: [0] }
    const bound = lentLimit(committee)
    const { captured, deciding } = cheatRow({ ...of, bound, sample: lender.sample }, windows)
    expect(deciding).to.be.greaterThan(20)
    expect(tail(captured, deciding, hits => binomial(deciding, bound, hits))).to.be.greaterThan(1e-3)
    expect(1 - tail(captured + 1, deciding, hits => binomial(deciding, bound, hits))).to.be.greaterThan(1e-3)
  })
})

describe('bounds for groups of receivers', () => {
  const of = { receivers: 31, senders: 3 }

  it('are the bounds for receivers, for groups of one', () => {
    for (const share of [0.1, 0.2, 0.33]) {
      const alone: Committee = { ...of, share }
      const group: GroupCommittee = { ...of, share, size: 1 }
      expect(capturedByGroups(group)).to.be.closeTo(inflatedWindow(alone), 1e-12)
      expect(framedByGroups(group)).to.be.closeTo(framedWindow(alone), 1e-12)
      expect(vetoedByGroups(group)).to.be.closeTo(vetoedWindow(alone, 2), 1e-12)
    }
  })

  it('lets a share do less the larger groups are', () => {
    const shares = [1, 2, 3, 4].map(size => largestShare({ ...of, size }, capturedByGroups, 0.002))
    expect(shares).to.deep.equal(shares.toSorted((a, b) => b - a))
    expect(shares[0]).to.be.at.least(0.2)
    expect(shares[1]).to.be.below(0.2)
  })

  it('agree with the real rules, for members that lie and for honest members whose senders lie', () => {
    const [share, size, windows] = [0.25, 2, 200]
    const spoilt = sendersAtLeast({ ...of, share }, 2)
    const random = new Draw(keccakText('groups'))
    const isLikely = (chance: number) => random.below(1_000_000) < chance * 1_000_000
    const assigned = Array.from({ length: 31 }, (_, i) => i)
    const groups = Array.from({ length: 15 }, (_, i) => [2 * i, 2 * i + 1])
    let framed = 0
    for (let window = 0; window < windows; window++) {
      const read = (lies: boolean) =>
        lies ? { outcome: OUTCOME.dead, rateKbps: 0 } : { outcome: OUTCOME.verified, rateKbps: CLAIM_KBPS / 2 }
      const votes = assigned.map(receiver => {
        const lies = isLikely(share)
        const [first, second] = [read(lies || isLikely(spoilt)), read(lies || isLikely(spoilt))]
        const other = { otherOutcome: first.outcome, otherKbps: first.rateKbps }
        return vote(receiver, second.outcome, second.rateKbps, other)
      })
      const { breach } = tallyVotes({
        votes,
        assigned,
        groups,
        claimKbps: CLAIM_KBPS,
        params: DEVNET,
        pathlessQ2: 0,
        isSoak: () => false,
        soak: { held: [], needed: false },
      })
      if (breach) framed++
    }
    const chance = framedByGroups({ ...of, share, size })
    expect(tail(framed, windows, hits => binomial(windows, chance, hits))).to.be.greaterThan(1e-4)
    expect(1 - tail(framed + 1, windows, hits => binomial(windows, chance, hits))).to.be.greaterThan(1e-4)
  })
})

describe('a row of the bench', () => {
  const window = { scoreBps: 1, breach: false, epoch: 1, soakEpochs: [], penaltyBps: 0 }
  const of = { cheat: 'x', share: 0, bound: 0, claimKbps: 100, receivers: 3, errors: [0.1] }

  it('counts a rate that no honest receiver read as the colluders’ choice', () => {
    const sample: Sample = { ...reads(0.5, 'under'), outcomes: [{ kind: 'under', measurement: measured(50) }] }
    const row = cheatRow({ ...of, sample }, [
      { ...window, rateKbps: 55 },
      { ...window, rateKbps: 56 },
      { ...window, rateKbps: null },
    ])
    expect(row).to.include({ windows: 3, measured: 2, deciding: 3, captured: 1 })
    expect(row.inflation).to.be.closeTo(0.11, 1e-9)
  })

  it('counts runs of five windows with a penalty', () => {
    const windows = Array.from({ length: 12 }, (_, i) => ({ ...window, rateKbps: 1, penaltyBps: i === 7 ? 5 : 0 }))
    expect(slashedRuns(windows)).to.deep.equal({ runs: 2, slashed: 1 })
  })
})
