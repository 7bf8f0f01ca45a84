import { expect } from 'chai'
import fc from 'fast-check'
import { START_LEAD_MS } from '../../../../probe/constants.js'
import type { EpochClock } from '../../../../proto/epoch.js'
import { account, PARAMS } from '../../test/samples.js'
import type { Session } from '../place.js'
import { CLOCK_TOLERANCE_MS, isBeingMeasured, isInSlot, sessionTimes, slotStartMs } from '../slots.js'

const clock: EpochClock = { genesisMs: 1_000_000, epochMs: PARAMS.epochSeconds * 1000, eraEpochs: PARAMS.eraEpochs }
const EPOCH = 7
const alone = { round: 1, startsWith: account('provider 0') }
const grouped = { round: 1, startsWith: undefined }

const anySlot = fc.record({
  epoch: fc.integer({ min: 1, max: 10_000 }),
  round: fc.integer({ min: 0, max: 40 }),
  startsWith: fc.option(fc.string().map(account), { nil: undefined }),
})
const anySignature = fc.uint8Array({ minLength: 96, maxLength: 96 })

describe('slots', () => {
  it('follow one another from the lead on', () => {
    const first = slotStartMs(clock, EPOCH, 0, PARAMS)
    expect(first).to.equal(1_000_000 + 6 * clock.epochMs + PARAMS.leadMs)
    expect(slotStartMs(clock, EPOCH, 3, PARAMS) - first).to.equal(3 * PARAMS.slotMs)
  })

  const startMs = slotStartMs(clock, EPOCH, 1, PARAMS)
  const lastMs = startMs + PARAMS.offsetMs + CLOCK_TOLERANCE_MS
  const LIMITS: [who: string, session: Pick<Session, 'round' | 'startsWith'>, firstMs: number][] = [
    ['a receiver alone', alone, startMs - PARAMS.offsetMs - CLOCK_TOLERANCE_MS],
    ['a member of a group', grouped, startMs - START_LEAD_MS - CLOCK_TOLERANCE_MS],
  ]
  for (const [who, session, firstMs] of LIMITS) {
    it(`take ${who} to the millisecond`, () => {
      const taken = [firstMs - 1, firstMs, lastMs, lastMs + 1].map(nowMs =>
        isInSlot(clock, EPOCH, session, PARAMS, nowMs),
      )
      expect(taken).to.deep.equal([false, true, true, false])
    })
  }

  it('take the whole epoch as measured, to the millisecond, and no other epoch', () => {
    const firstMs =
      clock.genesisMs + 6 * clock.epochMs + Math.max(0, PARAMS.leadMs - START_LEAD_MS) - CLOCK_TOLERANCE_MS
    const endMs = clock.genesisMs + 7 * clock.epochMs
    const measured = [firstMs - 1, firstMs, endMs, endMs + 1].map(nowMs => isBeingMeasured(clock, EPOCH, PARAMS, nowMs))
    expect(measured).to.deep.equal([false, true, true, false])
    expect(isBeingMeasured(clock, EPOCH + 1, PARAMS, firstMs)).to.equal(false)
    expect(isBeingMeasured(clock, EPOCH - 1, PARAMS, endMs)).to.equal(false)
  })

  it('take every receiver that acts on its schedule, by a clock within the tolerance', () => {
    const skews = fc.integer({ min: -CLOCK_TOLERANCE_MS, max: CLOCK_TOLERANCE_MS })
    fc.assert(
      fc.property(anySlot, anySignature, skews, ({ epoch, ...session }, signature, skewMs) => {
        const { callMs, dataMs, lastCallMs } = sessionTimes(clock, epoch, session, PARAMS, signature)
        expect(callMs).to.be.at.most(lastCallMs)
        expect(isInSlot(clock, epoch, session, PARAMS, callMs + skewMs)).to.equal(true)
        expect(dataMs).to.equal(session.startsWith === undefined ? callMs + START_LEAD_MS : undefined)
      }),
    )
  })

  it('let all members of a group start at one instant, whatever their schedules say', () => {
    fc.assert(
      fc.property(anySignature, anySignature, (one, other) => {
        const times = (signature: Uint8Array) => sessionTimes(clock, EPOCH, grouped, PARAMS, signature)
        expect(times(one)).to.deep.equal(times(other))
      }),
    )
  })
})
