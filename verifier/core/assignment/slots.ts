/**
 * When a session runs: the slot of its round, the instants at which a receiver acts, and how early or late a sender still
 * serves the session. Instants are milliseconds of the network's clock.
 */
import { START_LEAD_MS } from '../../../probe/constants.js'
import { providerSchedule } from '../../../proto/digests.js'
import { type EpochClock, epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import type { NetworkParams } from '../../../proto/params.js'
import type { Session } from './place.js'
import { groupOffsetMs, sessionOffsetMs } from './schedule.js'

/** How far a receiver's clock may be from the sender's. */
export const CLOCK_TOLERANCE_MS = 1000

export type SlotParams = Pick<NetworkParams, 'leadMs' | 'slotMs' | 'offsetMs'>

/** The start of the slot that all sessions of a round share. */
export const slotStartMs = (clock: EpochClock, epoch: number, round: number, params: SlotParams): number =>
  epochStartMs(clock, epoch) + params.leadMs + round * params.slotMs

/** The last instant at which a session may begin in a slot: no offset is longer. @param startMs of the slot */
const lastCallOf = (startMs: number, { offsetMs }: SlotParams): number => startMs + offsetMs

/** Whether any session of the epoch may run now. Cheap: tells before anybody waits for the epoch's facts. */
export function isBeingMeasured(clock: EpochClock, epoch: number, params: SlotParams, nowMs: number): boolean {
  const fromMs = epochStartMs(clock, epoch) + Math.max(0, params.leadMs - START_LEAD_MS) - CLOCK_TOLERANCE_MS
  return nowMs >= fromMs && nowMs <= epochEndMs(clock, epoch)
}

/**
 * Whether a receiver may ask for this session now. A receiver alone asks at a secret instant of the slot. The members of
 * a group ask ahead of an instant that all of them know, so that their senders are ready by then.
 */
export function isInSlot(
  clock: EpochClock,
  epoch: number,
  { round, startsWith }: Pick<Session, 'round' | 'startsWith'>,
  params: SlotParams,
  nowMs: number,
): boolean {
  const startMs = slotStartMs(clock, epoch, round, params)
  const earlyMs = startsWith === undefined ? START_LEAD_MS : params.offsetMs
  return nowMs >= startMs - earlyMs - CLOCK_TOLERANCE_MS && nowMs <= lastCallOf(startMs, params) + CLOCK_TOLERANCE_MS
}

export interface SessionTimes {
  /** The receiver calls its senders. */
  readonly callMs: number
  /** Data begins to flow. Undefined for a receiver alone: its data flows as soon as the senders are ready. */
  readonly dataMs: number | undefined
  /** A receiver that is not ready by this instant leaves the session out. */
  readonly lastCallMs: number
}

/** When the receiver acts. @param scheduleSignature the receiver's, over the schedule digest of the epoch */
export function sessionTimes(
  clock: EpochClock,
  epoch: number,
  { round, startsWith }: Pick<Session, 'round' | 'startsWith'>,
  params: SlotParams,
  scheduleSignature: Uint8Array,
): SessionTimes {
  const startMs = slotStartMs(clock, epoch, round, params)
  const lastCallMs = lastCallOf(startMs, params)
  if (startsWith === undefined) {
    const dataMs = startMs + groupOffsetMs(params)
    return { callMs: dataMs - START_LEAD_MS, dataMs, lastCallMs }
  }
  const offsetMs = sessionOffsetMs(providerSchedule(scheduleSignature, startsWith), params)
  return { callMs: startMs + offsetMs, dataMs: undefined, lastCallMs }
}
