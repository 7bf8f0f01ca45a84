/** Epoch and era arithmetic. Epoch 1 starts at genesis; era 1 holds epochs 1 to `eraEpochs`. Times in milliseconds. */

export interface EpochClock {
  readonly genesisMs: number
  readonly epochMs: number
  readonly eraEpochs: number
}

/** The epoch in which `nowMs` lies; 0 or less before genesis. */
export const epochAt = (clock: EpochClock, nowMs: number): number =>
  Math.floor((nowMs - clock.genesisMs) / clock.epochMs) + 1

export const epochStartMs = (clock: EpochClock, epoch: number): number => clock.genesisMs + (epoch - 1) * clock.epochMs

/** The end of an epoch is the start of its agree phase, and of the next epoch. */
export const epochEndMs = (clock: EpochClock, epoch: number): number => epochStartMs(clock, epoch + 1)

export const eraOf = (clock: Pick<EpochClock, 'eraEpochs'>, epoch: number): number =>
  Math.floor((epoch - 1) / clock.eraEpochs) + 1

/** The first epoch of the window that an epoch belongs to. Window 1 holds epochs 1 to `windowEpochs`. */
export const windowStart = (epoch: number, windowEpochs: number): number => epoch - ((epoch - 1) % windowEpochs)

export const isWindowEnd = (epoch: number, windowEpochs: number): boolean => epoch % windowEpochs === 0

export const firstEpochOf = (clock: Pick<EpochClock, 'eraEpochs'>, era: number): number =>
  (era - 1) * clock.eraEpochs + 1
