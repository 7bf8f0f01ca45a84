/** What an explanation says of the windows to come must be what comes: the tests let it come. */
import { expect } from 'chai'
import fc from 'fast-check'
import { fromHex, toHex } from '../../../proto/hex.js'
import { decodeLeaf } from '../../../proto/leaf.js'
import { leafPart } from '../../../proto/leaf-state.js'
import { OUTCOME } from '../../../proto/vote.js'
import { UserError } from '../../config/errors.js'
import { encodeCarryOver, NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { CLAIM_KBPS, PARAMS } from '../../core/test/samples.js'
import { explanationOf } from '../explanation.js'
import { recompute } from '../recompute.js'
import { type ExplanationJson, explanationSchema } from '../schema/explanation.js'
import type { AheadJson, HoldJson } from '../schema/outlook.js'
import { type Cast, epochOf, honest, PROVIDER, slow } from './epoch-evidence.js'

const dead: Cast = { outcome: OUTCOME.dead, rateKbps: 0, soak: false }
const unmeasured: Cast = { outcome: OUTCOME.noData, rateKbps: 0, soak: false }
const times = (count: number, cast: Cast): Cast[] => new Array<Cast>(count).fill(cast)

/** The explanation of every window of a run. */
function runOf(casts: readonly Cast[], params = PARAMS): ExplanationJson[] {
  let previous: Parameters<typeof epochOf>[2]
  return casts.map((cast, i) => {
    const { evidence, next } = epochOf(i + 1, cast, previous, params)
    previous = next
    return explanationOf(PROVIDER, recompute(evidence), evidence.posted, [], [])!
  })
}
const lastOf = (casts: readonly Cast[], params = PARAMS): ExplanationJson => runOf(casts, params).at(-1)!
const reasonsOf = ({ outlook }: ExplanationJson): HoldJson['reason'][] => outlook.holds.map(({ reason }) => reason)
const aheadOf = ({ outlook }: ExplanationJson, kind: AheadJson['kind']) =>
  outlook.ahead.filter(one => one.kind === kind)

const history = fc.array(fc.constantFrom(honest, slow, dead, unmeasured), { minLength: 1, maxLength: 8 })

describe('the outlook of a score', () => {
  it('tells a newcomer that evidence is missing, and nothing else', () => {
    const { outlook } = lastOf([honest])
    expect(outlook.holds.map(({ reason, costBps }) => [reason, costBps])).to.deep.equal([
      ['evidence', 3_143],
      ['few-ticks', 1_014],
    ])
    expect(outlook.evidence.windows).to.be.closeTo(1, 1e-6)
    expect(outlook.evidence.most).to.be.closeTo(1 / (1 - 2 ** (-1 / 8)), 1e-6)
  })

  it('names the first window of a provider that restarted in it, and the way up', () => {
    const restarted = lastOf([dead, honest, honest])
    expect(reasonsOf(restarted)).to.deep.equal(['earlier', 'evidence', 'few-ticks'])
    expect(restarted.outlook.breaches).to.deep.include({ held: 1, oldestLeavesAfter: 3, untilPenalty: 2 })
    const [one, two] = aheadOf(restarted, 'kept')
    expect(one!.scoreBps > restarted.leaf.scoreBps && two!.scoreBps > one!.scoreBps).to.equal(true)
  })

  it('warns at two breaches of five what a third costs', () => {
    const { breaches } = lastOf([honest, slow, slow]).outlook
    expect(breaches).to.deep.equal({
      ...{ held: 2, oldestLeavesAfter: 4, untilPenalty: 1 },
      ...{ penaltyBps: PARAMS.maxPenaltyBps, penaltyAtThisRateBps: 333 },
    })
  })

  it('names what holds the rate: this window, or the last soak', () => {
    expect(reasonsOf(lastOf([honest, slow]))[0]).to.equal('rate')
    const soaking = { ...PARAMS, soakShareBps: 10_000 }
    const soak = { ...honest, rateKbps: (4 * CLAIM_KBPS) / 5, soak: true }
    expect(reasonsOf(lastOf([soak], soaking)))
      .to.include('soak')
      .and.not.to.include('rate')
    expect(reasonsOf(lastOf([honest, unmeasured])))
      .to.include('unmeasured')
      .and.not.to.include('rate')
  })

  it('has a reason wherever a score is below 99 %, also where T and U are both 0', () => {
    expect(reasonsOf(lastOf([unmeasured]))).to.include('evidence')
    fc.assert(
      fc.property(history, casts => {
        for (const { leaf, outlook } of runOf(casts)) {
          if (leaf.scoreBps < 9_900) expect(outlook.holds).not.to.deep.equal([])
          for (const { costBps } of outlook.holds) expect(costBps).to.be.within(10, 10_000)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('throws nothing but a refusal, whatever previous leaf a verifier makes up', () => {
    const first = epochOf(1, honest).next
    const honestLeaf = decodeLeaf(leafPart(fromHex(first.leaves[0]!)))
    const uint64 = fc.oneof(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER), fc.maxSafeNat())
    const absurd = fc.record({
      ...{ throughputQ32: uint64, throughputSumQ32: uint64, throughputWeightQ32: uint64 },
      ...{ ticksUpQ16: uint64, ticksTotalQ16: uint64, pathlessQ2: fc.nat(0xffffffff), breachBits: fc.nat(255) },
    })
    let explained = 0
    fc.assert(
      fc.property(absurd, fc.constantFrom(honest, slow, unmeasured), (fields, cast) => {
        const { evidence } = epochOf(2, cast, first)
        const previous = {
          ...evidence.previous,
          leaves: encodeCarryOver({ ...NOTHING_CARRIED, leaves: [{ ...honestLeaf, ...fields }] }).map(toHex),
        }
        try {
          const found = explanationOf(PROVIDER, recompute({ ...evidence, previous }), evidence.posted, [], [])
          expect(explanationSchema.parse(found)).to.deep.equal(found)
          explained++
        } catch (error) {
          expect(error).to.be.instanceOf(UserError)
        }
      }),
      { numRuns: 200 },
    )
    expect(explained).to.be.above(0)
  })

  it('comes true for the windows ahead, to the basis point', () => {
    fc.assert(
      fc.property(history, casts => {
        const now = lastOf(casts)
        for (const [kind, cast] of [
          ['kept', honest],
          ['unmeasured', unmeasured],
        ] as const) {
          for (const { windows, scoreBps, tier } of aheadOf(now, kind)) {
            const { leaf } = lastOf([...casts, ...times(windows, cast)])
            expect([leaf.scoreBps, leaf.tier]).to.deep.equal([scoreBps, tier])
          }
        }
        for (const { windows, scoreBps } of aheadOf(now, 'same')) {
          expect(lastOf([...casts, ...times(windows, casts.at(-1)!)]).leaf.scoreBps).to.equal(scoreBps)
        }
      }),
      { numRuns: 6 },
    )
  })

  it('comes true for breaches: when they cost stake, how much, and when they are forgotten', () => {
    fc.assert(
      fc.property(history, casts => {
        const { breaches } = lastOf(casts).outlook
        const penalties = (cast: Cast) => runOf([...casts, ...times(breaches.untilPenalty, cast)]).slice(casts.length)
        const [last, ...before] = penalties(dead)
          .map(({ leaf }) => leaf.penaltyBps)
          .reverse()
        expect(last).to.equal(breaches.penaltyBps)
        expect(before.every(penaltyBps => penaltyBps === 0)).to.equal(true)
        if (breaches.penaltyAtThisRateBps !== null) {
          expect(penalties(casts.at(-1)!).at(-1)!.leaf.penaltyBps).to.equal(breaches.penaltyAtThisRateBps)
        }
        if (breaches.oldestLeavesAfter !== null) {
          const later = runOf([...casts, ...times(breaches.oldestLeavesAfter, honest)]).slice(casts.length - 1)
          const held = later.map(({ outlook }) => outlook.breaches.held)
          expect(held.slice(0, -1).every(count => count === breaches.held)).to.equal(true)
          expect(held.at(-1)).to.be.below(breaches.held)
        }
      }),
      { numRuns: 6 },
    )
  })
})
