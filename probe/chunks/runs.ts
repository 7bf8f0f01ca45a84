/** The parts of a sender's flow. Each has sequence numbers and keystream of its own. */
export const RUNS = ['main', 'control', 'direct', 'turn'] as const
export type Run = (typeof RUNS)[number]
