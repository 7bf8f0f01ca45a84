/** The machine's monotonic clock, the same number in every process: `performance.now` has an origin of its own in each. */
const NS_PER_MS = 1e6

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / NS_PER_MS
