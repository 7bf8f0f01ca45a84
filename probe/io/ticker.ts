/**
 * Runs what has something to do every millisecond or more often: flows that send at a rate, and ports in which much
 * arrives. All of a thread share one loop: each turn does what is due and then waits until the next thing is, by a wait
 * that is good for tenths of a millisecond where a timer takes whole ones. Between two turns the event loop runs, so
 * that everything else gets its turn.
 */

/** Longest that the thread stands still. */
const MAX_WAIT_MS = 1

export interface Paced {
  /** Does what is due. @returns when more will be, on the same clock; undefined once nothing will */
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
