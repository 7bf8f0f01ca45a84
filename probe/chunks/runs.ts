/** The parts of what a sender sends, each with sequence numbers and keystream of its own. */
export const RUNS = ['main', 'control', 'direct', 'turn'] as const
export type Run = (typeof RUNS)[number]
