import { expect } from 'chai'
import fc from 'fast-check'
import { DELAY_STEP_EVERY_MS, DELAY_STEP_MS, DELAY_STEPS } from '../constants.js'
import { SinkingDelay } from '../sinking-delay.js'
import { ManualTime } from './fixtures/manual-time.js'

const MOST_MS = DELAY_STEPS * DELAY_STEP_MS
const CYCLE_MS = (DELAY_STEPS + 1) * DELAY_STEP_EVERY_MS

function begun() {
  const time = new ManualTime()
  const out: { readonly name: string; readonly atMs: number }[] = []
  const deliver = (packet: Buffer) => out.push({ name: packet.toString(), atMs: time.now() })
  const delay = new SinkingDelay({ clock: time, timers: time, deliver })
  const take = (name: string) => delay.take(Buffer.from(name))
  /** How long a packet is held now. */
  const heldMs = () => {
    const beganMs = time.now()
    take('one')
    time.turn(MOST_MS)
    return out.at(-1)!.atMs - beganMs
  }
  return { time, out, delay, take, heldMs }
}

describe('what comes for the QUIC of an exit', () => {
  it('is held back by less after each step, until it is not held at all, and then anew', () => {
    const { time, heldMs } = begun()
    const found: number[] = []
    for (let step = 0; step <= DELAY_STEPS + 1; step++) {
      found.push(heldMs())
      time.turn(DELAY_STEP_EVERY_MS - MOST_MS)
    }
    const sinking = Array.from({ length: DELAY_STEPS + 1 }, (_, step) => (DELAY_STEPS - step) * DELAY_STEP_MS)
    expect(found).to.deep.equal([...sinking, MOST_MS])
  })

  it('lets no ten seconds of a cycle pass without a round trip that is faster than all before', () => {
    const { time, heldMs } = begun()
    let [least, sinceMs] = [Number.POSITIVE_INFINITY, 0]
    for (let passedMs = 0; passedMs < CYCLE_MS; passedMs += 20) {
      const beganMs = time.now()
      const foundMs = heldMs()
      time.turn(20 - (time.now() - beganMs))
      if (foundMs < least) [least, sinceMs] = [foundMs, passedMs]
      expect(passedMs - sinceMs).to.be.below(10_000)
    }
    expect(least).to.equal(0)
  })

  it('keeps its order and is complete, whenever it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(DELAY_STEP_EVERY_MS), { maxLength: 60 }), waits => {
        const { time, out, take } = begun()
        const taken: { readonly name: string; readonly atMs: number }[] = []
        for (const [i, ms] of waits.entries()) {
          time.turn(ms)
          taken.push({ name: String(i), atMs: time.now() })
          take(String(i))
        }
        time.turn(MOST_MS)
        expect(out.map(({ name }) => name)).to.deep.equal(taken.map(({ name }) => name))
        for (const [i, { atMs }] of out.entries()) expect(atMs - taken[i]!.atMs).to.be.within(0, MOST_MS)
      }),
    )
  })

  it('does not come after the end', () => {
    const { time, out, delay, take } = begun()
    take('late')
    delay.stop()
    time.turn(MOST_MS)
    expect(out).to.deep.equal([])
  })
})
