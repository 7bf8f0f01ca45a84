/** Of what the operator is told, and when it is told again: once when it begins or grows, once when it ends. Pure. */

import { shareText } from '../../../verifier/cli/figures.js'
import { BREACH_WINDOWS } from '../../../verifier/core/scoring/breach.js'
import type { AlertKind } from '../../../verifier/evidence/schema/alerts.js'
import type { Standing } from './standing.js'

export interface Thresholds {
  /** undefined: no score is too low */
  readonly scoreUnderBps: number | undefined
  /** reports without a rate, in a row; undefined: no number is too large */
  readonly unmeasuredFor: number | undefined
}

/** What is wrong. */
export interface Condition {
  /** one for all that may be told at different times: each penalty has its own */
  readonly key: string
  readonly kind: AlertKind
  /** It is told again if this grows. */
  readonly level: number
  readonly text: string
}

/** By key, the level that was told. */
export type Told = Readonly<Record<string, number>>

/** A score that goes up and down about the threshold is told once: it has recovered when it is so much above. */
const SCORE_RECOVERY_BPS = 100

/** All that holds now. */
export function conditionsOf(standing: Standing, thresholds: Thresholds, told: Told): Condition[] {
  const { epoch, scoreBps, breaches, unmeasured, penalties } = standing
  const { scoreUnderBps, unmeasuredFor } = thresholds
  const found: Condition[] = []
  if (breaches > 0) found.push({ key: 'breach', kind: 'breach', level: breaches, text: breachText(breaches) })
  for (const { epoch: of, bps } of penalties)
    found.push({
      ...{ key: `penalty/${of}`, kind: 'penalty', level: 1 },
      text: `A penalty of ${shareText(bps)} of the stake, of epoch ${of}, is going to be taken. \`bandwitness explain\` says why.`,
    })
  if (scoreUnderBps !== undefined && scoreBps < scoreUnderBps + (told.score === undefined ? 0 : SCORE_RECOVERY_BPS))
    found.push({
      ...{ key: 'score', kind: 'score', level: 1 },
      text: `The score is ${shareText(scoreBps)}, in epoch ${epoch}, and ${shareText(scoreUnderBps)} is wanted.`,
    })
  if (unmeasuredFor !== undefined && unmeasured >= unmeasuredFor)
    found.push({
      ...{ key: 'unmeasured', kind: 'unmeasured', level: 1 },
      text: `No rate was certified in ${unmeasured} reports in a row, up to epoch ${epoch}. Run \`bandwitness provider doctor\`.`,
    })
  return found
}

const breachText = (breaches: number): string =>
  `${breaches === 1 ? 'One' : breaches} of the last ${BREACH_WINDOWS} windows that count ${breaches === 1 ? 'is a breach' : 'are breaches'}: the rate was below the slashing threshold. The third costs stake.`

/** One thing to tell. */
export interface News {
  readonly event: 'alert' | 'recovery'
  readonly key: string
  readonly kind: AlertKind
  /** 0 for a recovery */
  readonly level: number
  readonly text: string
}

/** What has not been told yet. */
export function newsOf(conditions: readonly Condition[], told: Told, { scoreBps }: Pick<Standing, 'scoreBps'>): News[] {
  const begun = conditions.filter(({ key, level }) => level > (told[key] ?? 0))
  const ended = Object.keys(told).filter(key => conditions.every(one => one.key !== key))
  return [
    ...begun.map((one): News => ({ event: 'alert', ...one })),
    ...ended.map((key): News => {
      const kind = key.split('/')[0] as AlertKind
      return { event: 'recovery', key, kind, level: 0, text: OVER[kind](key, scoreBps) }
    }),
  ]
}

const OVER: Readonly<Record<AlertKind, (key: string, scoreBps: number) => string>> = {
  breach: () => 'No breach counts any more.',
  penalty: key => `The penalty of epoch ${key.split('/')[1]} is pending no more.`,
  score: (_, scoreBps) => `The score is ${shareText(scoreBps)} again.`,
  unmeasured: () => 'A rate is certified again.',
}

/** What is remembered once the news is told. A condition that shrinks is told again when it grows again. */
export function rememberTold(told: Told, { key, level }: Pick<News, 'key' | 'level'>): Told {
  const { [key]: _, ...others } = told
  return level === 0 ? others : { ...others, [key]: level }
}

/** Levels that are lower now than they were told. */
export const forgetGrown = (told: Told, conditions: readonly Condition[]): Told =>
  Object.fromEntries(
    Object.entries(told).map(([key, level]) => {
      const now = conditions.find(one => one.key === key)
      return [key, now === undefined ? level : Math.min(level, now.level)]
    }),
  )
