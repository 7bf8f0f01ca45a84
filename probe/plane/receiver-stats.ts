/** The counters of a receiver. */
import { counterMemory, sharedCounters } from './counters.js'

/** `overruns` were lost before they came in, because the port's receive buffer was full. */
const TAKEN = ['taken', 'echoes', 'overruns'] as const
const DROPPED = ['unknown-tag', 'malformed', 'wrong-source', 'forged'] as const

export type ReceiverStats = Record<(typeof TAKEN)[number], number> & {
  readonly dropped: Record<(typeof DROPPED)[number], number>
}

export interface ReceiverCounterMemory {
  readonly taken: SharedArrayBuffer
  readonly dropped: SharedArrayBuffer
}

export const receiverCounterMemory = (): ReceiverCounterMemory => ({
  taken: counterMemory(TAKEN),
  dropped: counterMemory(DROPPED),
})

export const receiverStats = ({ taken, dropped }: ReceiverCounterMemory): ReceiverStats =>
  Object.assign(sharedCounters(TAKEN, taken), { dropped: sharedCounters(DROPPED, dropped) })
