/** When the faults of a scenario begin and end. Pure. */
import { type EpochClock, epochEndMs, epochStartMs } from '../../proto/epoch.js'
import type { NetworkParams } from '../../proto/params.js'

/** The phases of the agreement about an epoch, which follow its end. */
export const PHASES = ['commit', 'reveal', 'list', 'propose'] as const
type Phase = (typeof PHASES)[number]
/** `start`, an epoch such as 2.5, or a phase such as `2 reveal`. */
export type Moment = number | string

type PhaseParams = Pick<NetworkParams, 'commitMs' | 'revealMs' | 'listMs'>

/** Before the nodes are started: no time of the network's clock. */
export const START = 'start'

/** @returns Unix milliseconds of a moment other than `start` */
export function momentMs(moment: Moment, clock: EpochClock, params: PhaseParams): number {
  if (typeof moment === 'number') {
    const epoch = Math.floor(moment)
    return epochStartMs(clock, epoch) + (moment - epoch) * clock.epochMs
  }
  const [epoch, phase] = moment.split(' ') as [string, Phase]
  return epochEndMs(clock, Number(epoch)) + phaseStartMs(phase, params)
}

/** From the end of the epoch. */
function phaseStartMs(phase: Phase, { commitMs, revealMs, listMs }: PhaseParams): number {
  const lengths = { commit: commitMs, reveal: revealMs, list: listMs, propose: 0 }
  return PHASES.slice(0, PHASES.indexOf(phase)).reduce((sum, earlier) => sum + lengths[earlier], 0)
}

/** @returns when a fault ends, Unix milliseconds; undefined for one that has no end of its own */
export function endMs(
  { to, for: seconds }: { readonly to?: Moment | undefined; readonly for?: number | undefined },
  beginMs: number,
  clock: EpochClock,
  params: PhaseParams,
): number | undefined {
  if (seconds !== undefined) return beginMs + seconds * 1000
  return to === undefined ? undefined : momentMs(to, clock, params)
}
