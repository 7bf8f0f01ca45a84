/** The machine's monotonic clock, equal in all processes. (`performance.now` starts at another time in each process.) */
const NS_PER_MS = 1e6

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / NS_PER_MS
