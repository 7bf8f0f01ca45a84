/** Waking up later: a port, so that tests can turn the clock by hand. */
export interface Timers {
  /** Calls once, after at least `ms`. @returns what takes the call back */
  after(ms: number, run: () => void): () => void
}

export const systemTimers: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
