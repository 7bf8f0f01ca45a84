/** What a simulation counts of one provider in one world. */
import { type Leaf, STATUS } from '../../proto/leaf.js'
import type { World } from './network.js'
import type { Evaluated } from './rules.js'

export interface Figures {
  readonly behaviour: string
  /** of the claim */
  readonly delivers: number
  /** share of the epochs in which it is off */
  readonly offline: number
  readonly strategy: string
  readonly share: number
  epochs: number
  windows: number
  /** windows with a certified rate; those with the status "unserving" have the rate 0 */
  measured: number
  /** sum over those windows of rate / delivered − 1 */
  biasSum: number
  breaches: number
  /** windows that certified a rate at or above the slashing threshold */
  kept: number
  /** windows from the start, or from the last penalty, to each penalty */
  readonly waits: number[]
  /** windows since the last penalty */
  waiting: number
  epochsUp: number
  ticksUp: number
  ticksTotal: number
  /** at the end */
  scoreBps: number
}

export const noFigures = ({ behaviour, strategy, share, epochs }: World): Figures => ({
  ...{
    behaviour: behaviour.name,
    delivers: behaviour.delivers,
    offline: behaviour.offline,
    strategy: strategy?.name ?? 'none',
    share,
    epochs,
  },
  ...{ windows: 0, measured: 0, biasSum: 0, breaches: 0, kept: 0, waits: [], waiting: 0 },
  ...{ epochsUp: 0, ticksUp: 0, ticksTotal: 0, scoreBps: 0 },
})

/** Of a window that ended with this epoch. */
export function addWindow(
  figures: Figures,
  { leaves, breach, ticks: { up, total } }: Evaluated,
  claimKbps: number,
): void {
  const leaf = leaves[0] as Leaf
  figures.windows++
  figures.waiting++
  figures.ticksUp += up
  figures.ticksTotal += total
  figures.scoreBps = leaf.scoreBps
  if (leaf.status !== STATUS.unmeasured) {
    figures.measured++
    figures.biasSum += leaf.rateKbps / (figures.delivers * claimKbps) - 1
  }
  if (breach) figures.breaches++
  else if (leaf.status !== STATUS.unmeasured && leaf.rateKbps * 10_000 >= 7_500 * claimKbps) figures.kept++
  if (leaf.penaltyBps === 0) return
  figures.waits.push(figures.waiting)
  figures.waiting = 0
}

/** Of two runs of the same world with other seeds. */
export const together = (one: Figures, other: Figures): Figures => ({
  ...one,
  waits: [...one.waits, ...other.waits],
  waiting: other.waiting,
  scoreBps: other.scoreBps,
  ...Object.fromEntries(SUMS.map(name => [name, one[name] + other[name]])),
})

const SUMS = [
  ...(['epochs', 'windows', 'measured', 'biasSum', 'breaches', 'kept'] as const),
  ...(['epochsUp', 'ticksUp', 'ticksTotal'] as const),
]

/** Mean over the windows with a certified rate; 0 without such a window. */
export const biasOf = ({ biasSum, measured }: Figures): number => (measured === 0 ? 0 : biasSum / measured)
