/** The network's time: epochs are counted in it. */
export interface WallClock {
  /** milliseconds of Unix time */
  nowMs(): number
}

export const WALL_CLOCK: WallClock = { nowMs: () => Date.now() }
