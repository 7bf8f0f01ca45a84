/** Fault: the machine sleeps, or its clock is set, while the node waits. */
import { mock } from 'node:test'
import { expect } from 'chai'
import { until } from '../waiting.js'

const HOUR_MS = 3_600_000
const NAP_MS = 10_000
const never = new AbortController().signal

describe('a wait for an instant', () => {
  let nowMs: number
  let looks: number
  const clock = {
    nowMs: () => {
      looks++
      return nowMs
    },
  }

  beforeEach(() => {
    nowMs = 1_800_000_000_000
    looks = 0
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())

  /** The timers run for so long, and what they wake has run when this resolves. */
  async function pass(ms: number): Promise<void> {
    mock.timers.tick(ms)
    await new Promise(setImmediate)
  }

  /** @returns whether the wait is over */
  function waiting(instantMs: number): () => boolean {
    let isOver = false
    until(instantMs, clock, never).then(() => {
      isOver = true
    })
    return () => isOver
  }

  it('ends soon after the machine slept through the instant, or the clock was set past it', async () => {
    const isOver = waiting(nowMs + HOUR_MS)
    await pass(NAP_MS)
    expect(isOver()).to.equal(false)
    nowMs += 2 * HOUR_MS
    await pass(NAP_MS)
    expect(isOver()).to.equal(true)
  })

  it('goes on if the clock was set back', async () => {
    const isOver = waiting(nowMs + NAP_MS)
    nowMs -= HOUR_MS
    await pass(NAP_MS)
    expect(isOver()).to.equal(false)
  })

  it('does not keep the machine busy for months', async () => {
    waiting(nowMs + 2000 * HOUR_MS)
    for (let seconds = 0; seconds < 20; seconds++) await pass(1000)
    expect(looks).to.be.below(10)
  })
})
