/** The highest rate at which next to nothing is lost. Pure apart from the trials. */

/** Share of the sent datagrams. */
export const MAX_LOSS = 0.005

export interface Trial {
  /** rate of arrival, Gbit/s of UDP payload */
  readonly gbps: number
  readonly loss: number
}

const STEP_UP = 1.3
/** The last good rate and the first bad one lie this close at the end. */
const RESOLUTION = 0.04
/** If a higher rate gains less than this factor, the sender has reached its limit. */
const GAIN = 1.02

/**
 * Steps up until a trial loses too much or gains nothing, then halves the interval between the last good rate and the first
 * bad one. @returns the best good trial; undefined if none was good
 */
export async function highestRate<T extends Trial>(
  fromGbps: number,
  trial: (gbps: number) => Promise<T>,
): Promise<T | undefined> {
  let best: T | undefined
  const isGood = async (gbps: number): Promise<boolean> => {
    const result = await trial(gbps)
    const good = result.loss <= MAX_LOSS
    const gains = good && result.gbps > GAIN * (best?.gbps ?? 0)
    if (good && result.gbps > (best?.gbps ?? 0)) best = result
    return gains
  }
  let good = 0
  let bad = fromGbps
  while (await isGood(bad)) {
    good = bad
    bad *= STEP_UP
  }
  while (bad - good > RESOLUTION * bad) {
    const middle = (good + bad) / 2
    if (await isGood(middle)) good = middle
    else bad = middle
  }
  return best
}
