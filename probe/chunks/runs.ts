/** The parts of a sender's flow. Each has sequence numbers and keystream of its own. */
import { CONTROL_CHUNK, DIRECT_CHUNK, TURN_CHUNK } from '../../proto/datagram.js'

export const RUNS = ['main', 'control', 'direct', 'turn'] as const
export type Run = (typeof RUNS)[number]

/** Where each run's keystream begins. */
export const FIRST_CHUNK: Record<Run, number> = {
  main: 0,
  control: CONTROL_CHUNK,
  direct: DIRECT_CHUNK,
  turn: TURN_CHUNK,
}
