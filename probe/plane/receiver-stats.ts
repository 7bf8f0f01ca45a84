/** The counters of a receiver. */
import { counterMemory, sharedCounters } from './counters.js'

const TAKEN = ['taken', 'echoes'] as const
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
