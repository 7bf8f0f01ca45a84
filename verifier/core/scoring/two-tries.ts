/**
 * Two tries of one receiver, combined into what it votes. An accident passes, and a sender that lies or fails has no part in
 * the other try (`repeats.ts`): so a provider is blamed only for what both tries show, and the better reading counts.
 */
import type { Outcome } from '../../../probe/verdict/outcome.js'

export interface Try {
  readonly outcome: Outcome
}

export interface Combined<T extends Try> {
  /** undefined if the vote rests on no session */
  readonly result: T | undefined
  /** the try that the vote does not rest on; undefined if only one session ran */
  readonly other: T | undefined
  /** whether the vote rests on the second try */
  readonly second: boolean
}

/** Whether the receiver needs no second try: this one shows that the claim is kept. */
export const isKept = (one: Try | undefined): boolean => one?.outcome.kind === 'verified'

/**
 * The milder of what the two tries show. A try that shows nothing neither blames the provider nor clears it: one sender can
 * bring that about, so it must not veto what the other try shows. Of two tries that show the same, the first counts.
 */
export function combine<T extends Try>(first: T | undefined, second: T | undefined): Combined<T> {
  if (second === undefined) return { result: first, other: undefined, second: false }
  if (first === undefined) return { result: second, other: undefined, second: true }
  return isMilder(second, first)
    ? { result: second, other: first, second: true }
    : { result: first, other: second, second: false }
}

/**
 * Sessions that one receiver ran at once with the providers of one link. All votes rest on one try, the one that carried
 * more in all: otherwise each provider could have the whole link in one of the tries. Only a session that shows nothing gives
 * way to the same provider's other try.
 */
export function combineTogether<T extends Try>(
  first: readonly (T | undefined)[],
  second: readonly (T | undefined)[],
): Combined<T>[] {
  if (first.length === 1) return [combine(first[0], second[0])]
  const isSecondBetter = totalKbps(second) > totalKbps(first)
  const [better, worse] = isSecondBetter ? [second, first] : [first, second]
  return better.map((one, i) => {
    const givesWay = (one === undefined || showsNothing(one)) && worse[i] !== undefined
    const [result, other] = givesWay ? [worse[i], one] : [one, worse[i]]
    return { result, other, second: isSecondBetter !== givesWay }
  })
}

/** From mild to grave. What shows nothing comes last, so that the other try always counts. */
const GRAVITY = { kept: 0, unreachable: 1, fault: 2, nothing: 3 } as const

function gravityOf(one: Try): number {
  if (showsNothing(one)) return GRAVITY.nothing
  switch (one.outcome.kind) {
    case 'verified':
      return GRAVITY.kept
    case 'at-least':
    case 'no-path':
    case 'no-data':
      return GRAVITY.unreachable
    case 'under':
    case 'garbage':
    case 'dead':
    case 'refused':
      return GRAVITY.fault
  }
}

/**
 * One sender alone can bring this about: it logs, sends or reveals too little, does not come at all, or floods the receiver
 * until control datagrams are lost or the receiver's own socket overruns.
 */
const showsNothing = ({ outcome }: Try): boolean =>
  outcome.kind === 'at-least' || (outcome.kind === 'no-data' && outcome.reason !== 'provider-unreachable')

const isMilder = (one: Try, other: Try): boolean =>
  gravityOf(one) < gravityOf(other) || (gravityOf(one) === gravityOf(other) && rateOf(one) > rateOf(other))

/** Bytes that no sender committed to are no rate. */
const rateOf = ({ outcome }: Try): number =>
  'measurement' in outcome && outcome.kind !== 'garbage' ? outcome.measurement.rateKbps : 0

const totalKbps = (tries: readonly (Try | undefined)[]): number =>
  tries.reduce((sum, one) => sum + (one === undefined ? 0 : rateOf(one)), 0)
