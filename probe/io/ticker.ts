/**
 * Runs work that is due every millisecond or more often: flows that send at a rate, and busy ports. All such work of a
 * thread shares one loop. Each turn does the work that is due, and then waits until more is due. The wait is exact to
 * tenths of a millisecond, which a timer is not. Between two turns the event loop runs, so that all other work gets its
 * turn.
 */

/** Longest time that the thread blocks. */
const MAX_WAIT_MS = 1

export interface Paced {
  /** Does the due work. @returns when more work is due, on the same clock; undefined if there is no more work */
  run(nowMs: number): number | undefined
}

const running = new Set<Paced>()
const cell = new Int32Array(new SharedArrayBuffer(4))
let turning = false

export function startPaced(paced: Paced): void {
  running.add(paced)
  if (turning) return
  turning = true
  turn()
}

export function stopPaced(paced: Paced): void {
  running.delete(paced)
}

function turn(): void {
  let nextMs = Number.POSITIVE_INFINITY
  for (const paced of running) {
    const dueMs = paced.run(performance.now())
    if (dueMs === undefined) running.delete(paced)
    else nextMs = Math.min(nextMs, dueMs)
  }
  turning = running.size > 0
  if (!turning) return
  const waitMs = nextMs - performance.now()
  if (waitMs > 2 * MAX_WAIT_MS) {
    setTimeout(turn, waitMs - MAX_WAIT_MS)
    return
  }
  if (waitMs > 0) Atomics.wait(cell, 0, 0, Math.min(MAX_WAIT_MS, waitMs))
  setImmediate(turn)
}
