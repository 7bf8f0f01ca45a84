/** Runs a node in the foreground: rehearses, announces it on standard output, and stops it on a signal or when it fails. */
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningNode } from '../api/running-node.js'
import { UserError } from '../config/errors.js'
import { rehearse } from '../node/rehearsal.js'
import { aborted, isAbort } from '../node/waiting.js'
import { onInterrupt } from './interrupt.js'

/** A node that is healthy stops in a second or two. One that hangs must not wait for a signal that it cannot refuse. */
const STOP_MS = 10_000

export interface RunOptions {
  /** how long the node may take to stop (default: 10000) */
  readonly stopMs?: number
  /** goes on beside the start (default: a rehearsal of sessions) */
  readonly prepare?: () => Promise<unknown>
}

/**
 * Resolves once a signal has stopped the node.
 * @param start ends its waits when the signal aborts, since a chain that does not answer may keep it waiting
 * @throws the error that the node failed with; UserError 'stop-late' if it does not stop
 */
export async function runNode(
  start: (givenUp: AbortSignal) => Promise<RunningNode>,
  { stopMs = STOP_MS, prepare = rehearse }: RunOptions = {},
): Promise<void> {
  // Registered before the node starts, so that a signal during the start ends the start.
  const stop = onInterrupt()
  const stopped = aborted(stop)
  const starting = whenPrepared(start(stop), prepare()).catch(error => {
    if (stop.aborted && isAbort(error)) return undefined
    throw error
  })
  const node = await Promise.race([starting, stopped.then(() => within(starting, stopMs))])
  if (node === undefined) return
  try {
    const { facts, apiUrl } = node
    process.stdout.removeAllListeners('error').on('error', () => undefined) // nobody may be there to read the line
    process.stdout.write(`${JSON.stringify({ event: 'ready', ...facts, apiUrl, pid: process.pid })}\n`)
    await Promise.race([stopped, node.failed])
  } finally {
    await within(node.stop(), stopMs)
  }
}

/** The start waits for others in part. Rejects without waiting for the preparation. */
async function whenPrepared(starting: Promise<RunningNode>, preparing: Promise<unknown>): Promise<RunningNode> {
  const [node] = await Promise.all([starting, preparing])
  return node
}

/** @throws UserError 'stop-late' */
async function within<T>(stopping: Promise<T>, ms: number): Promise<T> {
  const timer = new AbortController()
  const late = pause(ms, undefined, { signal: timer.signal }).then(() => {
    throw new UserError(
      'stop-late',
      `The node did not stop within ${ms / 1000} s, and was ended. Nothing that it stored is lost: start it again.`,
    )
  })
  try {
    return await Promise.race([stopping, late])
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}
