/** What holds the score where it is, and what would change it. */
import type { ExplanationJson } from '../schema/explanation.js'
import type { AheadJson, HoldJson } from '../schema/outlook.js'
import { shareText } from './figures.js'
import { type Part, part } from './part.js'

export const OUTLOOK_TITLE = 'What holds the score, and what would change it'

export const outlookParts = (of: ExplanationJson): Part[] => [
  part('Held down', ...holdLines(of)),
  part('Next', ...aheadLines(of)),
  part('Stake', ...stakeLines(of)),
]

/** What lowers T or U; beside it the figures that it follows from. */
const HOLDS: Record<HoldJson['reason'], [what: string, figures?: (of: ExplanationJson) => string]> = {
  evidence: ['Little evidence lowers T', ({ outlook }) => evidenceText(outlook.evidence)],
  rate: ["This window's rate, which is below the claim, lowers T"],
  soak: ["The soak limit, which lowers this window's rate, lowers T"],
  unmeasured: ['This unmeasured window lowers T'],
  earlier: ['Earlier windows, below the claim, unmeasured or at a smaller claim, lower T'],
  'missed-ticks': ['Missed ticks lower U', ({ leaf }) => ticksText(leaf)],
  'few-ticks': ['The small number of ticks lowers U', ({ leaf }) => `U is a lower bound, and ${ticksText(leaf)}`],
}

const evidenceText = ({ windows, most }: ExplanationJson['outlook']['evidence']): string =>
  `it is worth ${windows.toFixed(1)} windows, of at most ${most.toFixed(1)}`

const ticksText = ({ ticksUpQ16, ticksTotalQ16 }: ExplanationJson['leaf']): string =>
  `${(ticksUpQ16 / 2 ** 16).toFixed(1)} of ${(ticksTotalQ16 / 2 ** 16).toFixed(1)} are up, decayed`

function holdLines(of: ExplanationJson): string[] {
  const lines = of.outlook.holds.map(({ reason, costBps }) => {
    const [what, figures] = HOLDS[reason]
    const cost = `${what} by ${(costBps / 100).toFixed(1)} points`
    return figures ? `${cost}: ${figures(of)}.` : `${cost}.`
  })
  return lines.length > 0 ? lines : ['Nothing holds it down.']
}

const MORE: Record<AheadJson['kind'], (windows: number) => string> = {
  kept: windows => `${more(windows)} at the claim`,
  same: windows => `${more(windows)} like this one`,
  unmeasured: windows => `${more(windows)} without a measurement`,
  failed: windows => `${more(windows)} without service`,
}

const more = (windows: number): string => `${windows} more ${windows === 1 ? 'window' : 'windows'}`

/** One sentence for each kind of window. */
function aheadLines({ leaf, outlook: { ahead } }: ExplanationJson): string[] {
  const scoreText = ({ scoreBps, tier }: AheadJson) =>
    tier === leaf.tier ? shareText(scoreBps) : `${shareText(scoreBps)} (tier ${tier})`
  return [...new Set(ahead.map(({ kind }) => kind))].map(kind => {
    const [first, ...later] = ahead.filter(step => step.kind === kind)
    const rest = later.map(step => `, ${scoreText(step)} after ${step.windows}`).join('')
    return `The score is ${scoreText(first!)} after ${MORE[kind](first!.windows)}${rest}.`
  })
}

function stakeLines({ outlook: { breaches } }: ExplanationJson): string[] {
  const { held, oldestLeavesAfter, untilPenalty, penaltyBps, penaltyAtThisRateBps } = breaches
  const counted =
    oldestLeavesAfter === null
      ? 'No breach counts.'
      : `Breaches that count: ${held}. The oldest counts until ${more(oldestLeavesAfter)} ${oldestLeavesAfter === 1 ? 'is' : 'are'} at or above the slashing threshold.`
  const next = untilPenalty === 1 ? 'One more breach costs' : `${untilPenalty} more breaches in a row cost`
  const atThisRate = penaltyAtThisRateBps === null ? '' : `, ${percent(penaltyAtThisRateBps)} at this window's rate`
  return [counted, `${next} ${percent(penaltyBps)} of the stake at rate 0${atThisRate}.`]
}

const percent = (bps: number): string => `${(bps / 100).toFixed(2)} %`
