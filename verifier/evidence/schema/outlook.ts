/** What holds a score where it is, and what would change it. */
import { z } from 'zod'
import { count, listOf } from './scalars.js'

/** Why throughput T or uptime U is below 100 %. */
export const HOLDS = {
  throughput: [
    /** few windows were measured so far, so the prior weighs */
    'evidence',
    /** the rate of this window is below the claim */
    'rate',
    /** the same, and the soak limit is what holds the rate */
    'soak',
    /** nobody could measure this window */
    'unmeasured',
    /** windows before this one were below the claim, unmeasured, or at a smaller claim */
    'earlier',
  ],
  /** ticks that were not up; and the caution of a lower bound over few ticks */
  uptime: ['missed-ticks', 'few-ticks'],
} as const

const holdSchema = z.object({
  reason: z.enum([...HOLDS.throughput, ...HOLDS.uptime]),
  /** by how much T, or U, would be higher without it */
  costBps: count,
})
export type HoldJson = z.infer<typeof holdSchema>

const aheadSchema = z.object({
  /** at the claim; at the rate of this window; unmeasured; or at rate 0 with no tick up */
  kind: z.enum(['kept', 'same', 'unmeasured', 'failed']),
  /** how many more windows of this kind */
  windows: count,
  scoreBps: count,
  tier: count,
})
export type AheadJson = z.infer<typeof aheadSchema>

export const outlookSchema = z.object({
  /** the largest first; none below 0.1 % */
  holds: listOf(holdSchema),
  /** the decayed count of measured windows, and the most that it can be */
  evidence: z.object({ windows: z.number().nonnegative(), most: z.number().positive() }),
  ahead: listOf(aheadSchema),
  breaches: z.object({
    /** among the last five windows that count */
    held: count,
    /** after how many more windows at or above the slashing threshold the oldest no longer counts; null if there is none */
    oldestLeavesAfter: count.nullable(),
    /** how many more breaches in a row set a penalty */
    untilPenalty: count,
    /**
     * what that penalty takes of the stake: at rate 0, and at this window's rate (null if that is below no threshold). A worse
     * breach before decides it.
     */
    penaltyBps: count,
    penaltyAtThisRateBps: count.nullable(),
  }),
})
export type OutlookJson = z.infer<typeof outlookSchema>
