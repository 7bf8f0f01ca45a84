/**
 * A session of a node with itself, while it starts. What a process runs for the first time is interpreted and compiled
 * meanwhile: the first sessions of a fresh one begin seconds late on a busy machine, and reach into the slots of others.
 */
import { type LoopbackSpeed, loopbackSpeed } from './loopback-speed.js'

/** Far below what any machine carries, and enough for what runs with every datagram to be compiled. */
const REHEARSED_KBPS = 25_000

/** Takes a second or two. @returns undefined if it came to nothing: what hinders it hinders the node, too, which says so itself */
export const rehearse = (): Promise<LoopbackSpeed | undefined> => loopbackSpeed(REHEARSED_KBPS).catch(() => undefined)
