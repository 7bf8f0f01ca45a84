/**
 * One verifier's sessions as a receiver in one epoch: every first try, and the second of those that did not show that the
 * claim is kept. A group of receivers always runs both, since no member knows what the others read. So does a session that
 * runs beside a group, since both tries of the group need it.
 */
import type { Hex } from '../../proto/hex.js'
import type { Assignment, Session } from '../core/assignment/assign.js'
import { groupBy } from '../core/group-by.js'
import { type Combined, combineTogether, isKept, type Try } from '../core/scoring/two-tries.js'

export interface TriesOptions<T extends Try> {
  readonly assignment: Pick<Assignment, 'triesBy' | 'groupsOf'>
  /** registry index */
  readonly self: number
  /** undefined if this node was not ready in time */
  readonly run: (session: Session) => Promise<T | undefined>
  /** Hears what a provider's vote rests on: after the first try, and again after the second. */
  readonly tell: (provider: Hex, combined: Combined<T>) => void
}

export async function runTries<T extends Try>(options: TriesOptions<T>): Promise<void> {
  const { first, repeats } = options.assignment.triesBy(options.self)
  const isMember = ({ provider }: Session) => options.assignment.groupsOf(provider).flat().includes(options.self)
  await Promise.all(together(first).map(set => runSet(set, repeats, { ...options, isGroup: isMember(set[0]!) })))
}

async function runSet<T extends Try>(
  set: readonly Session[],
  repeats: readonly Session[],
  { run, tell, isGroup }: TriesOptions<T> & { readonly isGroup: boolean },
): Promise<void> {
  const startsAlone = set[0]!.startsWith !== undefined
  const tellAll = (combined: readonly Combined<T>[]) => {
    for (const [i, { provider }] of set.entries()) tell(provider, combined[i]!)
  }
  const first = await Promise.all(set.map(run))
  if (isGroup) tellAll(first.map(one => ({ result: undefined, other: one, second: true })))
  else tellAll(first.map(one => ({ result: one, other: undefined, second: false })))
  if (startsAlone && first.every(isKept)) return
  const second = await Promise.all(
    set.map(async session => {
      const repeat = repeats.find(({ provider }) => provider === session.provider)
      return repeat && run(repeat)
    }),
  )
  if (isGroup) tellAll(second.map((one, i) => ({ result: one, other: first[i], second: true })))
  else tellAll(combineTogether(first, second))
}

/** Sessions with the providers of one link start at once, and are judged together; those of a group by the tally. */
const together = (sessions: readonly Session[]): Session[][] => [
  ...groupBy(sessions, ({ startsWith, provider }) => startsWith ?? provider).values(),
]
