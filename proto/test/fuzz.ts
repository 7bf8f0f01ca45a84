/**
 * How fuzz tests run: briefly in every run of the suite, and long by `npm run fuzz`.
 *
 * BANDWITNESS_FUZZ_RUNS  inputs for each decoder (default: a few)
 * BANDWITNESS_FUZZ_SEED  to repeat a long run (default: drawn, and printed)
 */
import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { collectGarbage } from './garbage.js'

const { BANDWITNESS_FUZZ_RUNS: RUNS, BANDWITNESS_FUZZ_SEED: GIVEN_SEED } = process.env
const SHORT_RUNS = 500
/** Fixed, so that a run of the suite means the same everywhere. */
const SHORT_SEED = 10
const SEED = Number(GIVEN_SEED ?? (RUNS === undefined ? SHORT_SEED : randomInt(2 ** 31)))
if (!Number.isInteger(SEED)) throw new RangeError(`BANDWITNESS_FUZZ_SEED must be a whole number, not ${GIVEN_SEED}`)
/** Of the processor, for an input of a few kilobytes: a decoder that hangs takes much longer. */
const LONGEST_MS = 1000
/** An input that only waits takes no time of the processor. Far more than a busy machine takes from this process. */
const LONGEST_WAIT_MS = 30_000
const GROWTH_BYTES = 100e6
const MB = 1e6

/** @param least where an input costs much, a short run has fewer */
export const runsOf = (least = SHORT_RUNS): number => (RUNS === undefined ? least : Number(RUNS))

export const fuzzTimeoutMs = (): number => Math.max(180_000, runsOf() * 5)

/**
 * Checks many inputs. Fails for what `check` throws, for an input that takes more than a second of the processor, and if the process grows
 * by more than 100 MB. A long run prints its figures.
 * @param check may return a promise
 * @param atOnce inputs that are checked at the same time, where most of the time is waiting: together they have a second each
 */
export async function fuzz<T>(
  name: string,
  input: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
  runs = runsOf(),
  atOnce = 1,
): Promise<void> {
  const [beganMs, before] = [performance.now(), heldBytes()]
  let longestMs = 0
  const timed = async (value: T) => {
    const [startMs, start] = [performance.now(), process.cpuUsage()]
    const checking = check(value)
    if (checking instanceof Promise) await checking
    const { user, system } = process.cpuUsage(start)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    expect(longestMs, 'ms of the processor').to.be.below(LONGEST_MS * atOnce)
    expect(performance.now() - startMs, 'ms').to.be.below(LONGEST_WAIT_MS)
  }
  const property =
    atOnce === 1
      ? fc.asyncProperty(input, timed)
      : fc.asyncProperty(fc.array(input, { minLength: atOnce, maxLength: atOnce }), async inputs => {
          await Promise.all(inputs.map(timed))
        })
  await fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns: Math.ceil(runs / atOnce), seed: SEED })
  const grown = heldBytes() - before
  if (RUNS !== undefined) {
    const seconds = Math.round((performance.now() - beganMs) / 1000)
    const figures = `${runs} inputs, seed ${SEED}, ${seconds} s, longest ${longestMs.toFixed(1)} ms`
    console.log(`      ${name}: ${figures}, grew by ${(grown / MB).toFixed(1)} MB`)
  }
  expect(grown, 'bytes that the process holds on to').to.be.below(GROWTH_BYTES)
}

/** By objects and buffers, after what is no longer needed is gone. */
function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
