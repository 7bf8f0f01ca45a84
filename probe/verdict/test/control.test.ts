import { expect } from 'chai'
import fc from 'fast-check'
import type { Transits } from '../../wire/verified.js'
import {
  addedDelayMs,
  arrivedSince,
  type ControlFlow,
  controlFlow,
  controlPath,
  delayRiseMs,
  isEnoughControl,
  turnControl,
} from '../control.js'

const EVERY_MS = 16
/** Difference of the two clocks, and shortest transit of a datagram. */
const OFFSET_MS = 1_000_000
const TRANSIT_MS = 20

interface Shape {
  /** arrivals before are no evidence, on the receiver's clock */
  readonly fromMs?: number
  readonly forMs?: number
  readonly delayMs?: (sentMs: number) => number
  readonly isLost?: (sequence: number) => boolean
}

/** A flow with a datagram every 16 ms, observed until `forMs` after its first arrival. */
function flowOf({
  forMs = 1_600,
  fromMs = 0,
  delayMs = () => 0,
  isLost = () => false,
}: Shape = {}): ControlFlow | undefined {
  const sent = Array.from({ length: Math.floor((forMs + 200) / EVERY_MS) }, (_, i) => i * EVERY_MS)
  const log = Array.from(
    { length: Math.ceil((forMs + 200) / 50) },
    (_, i) => sent.filter(ms => ms >> 0 >= i * 50 && ms < i * 50 + 50).length,
  )
  const endMs = OFFSET_MS + TRANSIT_MS + forMs
  const came = sent
    .map((sentMs, sequence) => ({ sequence, sentMs, arrivedMs: OFFSET_MS + TRANSIT_MS + sentMs + delayMs(sentMs) }))
    .filter(({ sequence, arrivedMs }) => !isLost(sequence) && arrivedMs <= endMs)
  const transits = { sentMs: came.map(one => one.sentMs), arrivedMs: came.map(one => one.arrivedMs) }
  const highest = Math.max(-1, ...came.map(one => one.sequence))
  const flow = controlFlow(all(transits), highest, log, { fromMs, toMs: endMs })
  return flow && { ...flow, arrived: arrivedSince(all(transits), flow.fromMs) }
}

/** The transits cover every datagram. */
const all = (transits: Transits) => ({ datagrams: transits.arrivedMs.length, transits })

const clean = flowOf()!
const lossy = flowOf({ isLost: sequence => sequence % 3 === 1 })!
const late = flowOf({ delayMs: ms => Math.min(200, ms / 2) })!

describe('control datagrams of a turn', () => {
  const turn = { fromMs: 1_020, toMs: 2_030 }
  const log = new Array<number>(60).fill(3)
  /** Three datagrams in each 50 ms. Some are lost, and those in the turn arrive `heldMs` later. */
  const sent = (isLost: (ms: number) => boolean, heldMs = 0) => {
    const sentMs = Array.from({ length: 180 }, (_, i) => (i * 50) / 3 + 1).filter(ms => !isLost(ms))
    const arrivedMs = sentMs.map(ms => 5_000 + ms + (ms >= 1_020 && ms < 2_030 ? heldMs : 0))
    return { datagrams: sentMs.length, transits: { sentMs, arrivedMs } }
  }

  it('are counted over the whole intervals within the turn, by the sender’s own clock', () => {
    expect(
      turnControl(
        sent(() => false),
        log,
        turn,
      ),
    ).to.deep.equal({ sent: 57, arrived: 57, riseMs: 0 })
    expect(
      turnControl(
        sent(ms => ms < 1_050),
        log,
        turn,
      ),
    ).to.deep.equal({ sent: 57, arrived: 57, riseMs: 0 })
    expect(
      turnControl(
        sent(ms => ms >= 1_500),
        log,
        turn,
      ),
    ).to.include({ sent: 57, arrived: 27 })
    expect(
      turnControl(
        sent(() => false, 40),
        log,
        turn,
      )!.riseMs,
    ).to.be.closeTo(40, 1e-9)
  })

  it('show nothing if the log has none, or fewer than arrived', () => {
    expect(
      turnControl(
        sent(() => false),
        [],
        turn,
      ),
    ).to.equal(undefined)
    expect(
      turnControl(
        sent(() => false),
        log.map(() => 2),
        turn,
      ),
    ).to.equal(undefined)
  })
})

describe('control datagrams', () => {
  it('show neither loss nor delay on a free path, whatever the clocks say', () => {
    expect(clean.sent).to.equal(clean.arrived)
    expect(clean.riseMs).to.be.closeTo(0, 1e-6)
    expect(controlPath([clean, clean, clean])).to.deep.equal({ lossShare: 0, riseMs: clean.riseMs })
  })

  it('do not count datagrams as lost that were still on their way at the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_100, max: 3_000 }), forMs => {
        const flow = flowOf({ forMs })!
        expect(flow.arrived).to.equal(flow.sent)
      }),
    )
  })

  it('count datagrams as lost that the log shows and that never arrived, also at the end', () => {
    const cutOff = flowOf({ isLost: sequence => sequence >= 70 })!
    expect(cutOff.arrived).to.equal(70)
    expect(cutOff.sent).to.be.at.least(95)
  })

  it('show a queue by the delay above the shortest', () => {
    expect(late.riseMs).to.be.greaterThan(150)
    expect(late.arrived).to.be.at.least(0.85 * late.sent)
    expect(delayRiseMs({ sentMs: [], arrivedMs: [] })).to.equal(0)
  })

  it('show nothing if none arrived, or more arrived than the log has', () => {
    expect(flowOf({ isLost: () => true })).to.equal(undefined)
    const one = all({ sentMs: [0], arrivedMs: [5] })
    expect(controlFlow(one, 3, [1, 2], { fromMs: 0, toMs: 100 })).to.equal(undefined)
    expect(controlFlow(one, 2, [1, 2], { fromMs: 0, toMs: 100 })).to.include({ sent: 3, spanMs: 0 })
  })

  it('are evidence of a reading only from the reading’s beginning on', () => {
    // For the first second, while the provider's queue holds all data back, a third is lost.
    const fromMs = OFFSET_MS + TRANSIT_MS + 1_000
    const lossy = (until: number) => flowOf({ forMs: 3_000, fromMs, isLost: n => n % 3 === 1 && n * EVERY_MS < until })!
    expect(lossy(1_000)).to.include({ fromMs: 1_000, riseMs: 0 })
    expect(lossy(1_000).arrived).to.equal(lossy(1_000).sent)
    expect(lossy(1_000).spanMs).to.be.within(1_960, 2_000)
    const lostLater = flowOf({ forMs: 3_000, fromMs, isLost: n => n % 3 === 1 && n * EVERY_MS >= 1_000 })!
    expect(lostLater.arrived).to.be.at.most(0.7 * lostLater.sent)
    const gone = flowOf({ forMs: 3_000, fromMs, isLost: n => n * EVERY_MS >= 1_000 })!
    expect(gone).to.include({ arrived: 0, spanMs: 0 })
    expect(gone.sent).to.be.at.least(120)
  })

  it('show what the way through the provider adds to them, whatever the clocks say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -10_000, max: 10_000 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 200 }),
        (offsetMs, delayMs, pathMs) => {
          const sentMs = Array.from({ length: 100 }, (_, i) => i * 10)
          const at = (ms: number) => ({ sentMs, arrivedMs: sentMs.map(sent => sent + offsetMs + ms) })
          expect(addedDelayMs(at(pathMs + delayMs), at(pathMs))).to.equal(delayMs)
          expect(addedDelayMs(at(pathMs), at(pathMs + delayMs))).to.equal(0)
        },
      ),
    )
    expect(addedDelayMs({ sentMs: [], arrivedMs: [] }, { sentMs: [0], arrivedMs: [1] })).to.equal(undefined)
    expect(addedDelayMs({ sentMs: [0], arrivedMs: [1] }, { sentMs: [], arrivedMs: [] })).to.equal(undefined)
  })

  it('are enough with a hundred, over a second, in equal parts from k − f′ senders', () => {
    const short = flowOf({ forMs: 900 })!
    const few = { ...clean, sent: 49, arrived: 49 }
    const flood = { ...clean, sent: 10_000, arrived: 10_000 }
    for (const [flows, enough] of [
      [[clean, clean, undefined], true],
      [[clean, undefined, undefined], false],
      [[clean, short, short], false],
      [[flood, few, few], false],
      [[clean, clean], true],
      [[clean, few], false],
    ] as const) {
      expect(isEnoughControl(flows)).to.equal(enough)
      expect(controlPath(flows) !== undefined).to.equal(enough)
    }
  })

  const anyFlow: fc.Arbitrary<ControlFlow | undefined> = fc.option(
    fc.record({
      sent: fc.nat(10_000),
      arrived: fc.nat(10_000),
      spanMs: fc.nat(5_000),
      riseMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
    }),
    { nil: undefined },
  )

  it('never let one liar of three make a full path look clean, or a clean path look full', () => {
    fc.assert(
      fc.property(anyFlow, fc.nat(2), (liar, slot) => {
        const full = controlPath([lossy, lossy, lossy].with(slot, liar as ControlFlow))
        if (full) expect(full.lossShare).to.be.greaterThan(0.15)
        const held = controlPath([late, late, late].with(slot, liar as ControlFlow))
        if (held) expect(held.riseMs).to.equal(late.riseMs)
        expect(controlPath([clean, clean, clean].with(slot, liar as ControlFlow))).to.include({ lossShare: 0 })
      }),
      { numRuns: 500 },
    )
  })

  it('do not depend on the order of senders or of arrivals', () => {
    fc.assert(
      fc.property(fc.array(anyFlow, { minLength: 2, maxLength: 7 }), flows => {
        expect(controlPath([...flows].reverse())).to.deep.equal(controlPath(flows))
      }),
    )
    const times = { sentMs: [0, 16, 32], arrivedMs: [20, 40, 52] }
    const reversed = { sentMs: [32, 16, 0], arrivedMs: [52, 40, 20] }
    const span = { fromMs: 0, toMs: 100 }
    expect(controlFlow(all(reversed), 2, [4], span)).to.deep.equal(controlFlow(all(times), 2, [4], span))
  })

  it('never look better after more loss or more delay', () => {
    fc.assert(
      fc.property(
        fc.array(anyFlow, { minLength: 3, maxLength: 3 }),
        fc.nat(2),
        fc.nat(100),
        fc.nat(100),
        (flows, slot, lost, ms) => {
          const before = controlPath(flows)
          const flow = flows[slot]
          if (!before || !flow) return
          const worse = { ...flow, arrived: Math.max(0, flow.arrived - lost), riseMs: flow.riseMs + ms }
          const after = controlPath(flows.with(slot, worse))!
          expect(after.lossShare).to.be.at.least(before.lossShare)
          expect(after.riseMs).to.be.at.least(before.riseMs)
        },
      ),
    )
  })
})
