/** A link with a queue: rate, order, drops, and what other connections leave. */
import { expect } from 'chai'
import fc from 'fast-check'
import { Bottleneck } from '../bottleneck.js'
import { codel, dropTail, fair, type Queue } from '../queues.js'
import { seededRandom } from '../random.js'
import { cellular, pulses, Rate, stalls, steady } from '../rate.js'
import { chain } from '../stage.js'
import { type Law, TcpFlow } from '../tcp.js'
import { type Left, rateKbps, stream } from './support.js'

const LINK_KBPS = 14_000
const fifo = (ms: number) => (): Queue => dropTail((LINK_KBPS * ms) / 8)
const link = (queue: Queue, tcp?: { law: Law; flows: number }) =>
  new Bottleneck({ queue, rate: steady(LINK_KBPS), tcp: tcp && { ...tcp, rttMs: 30, warmUpMs: 8000 } })
const OVER = { kbps: 16_500, ms: 10_000 } as const

const QUEUES: Readonly<Record<string, () => Queue>> = {
  'drop-tail of 50 ms': fifo(50),
  'drop-tail of 2 s': fifo(2000),
  CoDel: codel,
  'fair queueing': () => fair(fifo(100)),
  'fair queueing with CoDel': () => fair(codel),
}

describe('a link', () => {
  for (const [name, queueOf] of Object.entries(QUEUES)) {
    it(`with ${name} keeps its rate, keeps the order, and sends nothing twice`, () => {
      const left = stream(link(queueOf()), OVER)
      expect(rateKbps(left, 500, 9500)).to.be.closeTo(LINK_KBPS, 0.002 * LINK_KBPS)
      expect(left.every(({ number }, i) => i === 0 || number > left[i - 1]!.number)).to.equal(true)
      expect(left.every(({ atMs, sentMs }) => atMs > sentMs)).to.equal(true)
      fc.assert(
        fc.property(fc.nat(9000), fc.integer({ min: 1, max: 500 }), (fromMs, ms) => {
          expect(rateKbps(left, fromMs, fromMs + ms) * ms).to.be.at.most(LINK_KBPS * ms + 8 * 1228 + 1)
        }),
      )
    })

    it(`with ${name} drops nothing of what it can carry`, () => {
      const left = stream(link(queueOf()), { kbps: 0.9 * LINK_KBPS, ms: 5000 })
      expect(left.map(({ number }) => number)).to.deep.equal(left.map((_, i) => i))
      expect(left).to.have.length(Math.ceil((5000 * 0.9 * LINK_KBPS) / (1228 * 8)))
    })

    it(`with ${name} does the same however often it is looked at`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 400 }), lookMs => {
          const tcp = { law: 'cubic', flows: 2 } as const
          const options = { kbps: 16_500, ms: 2000 }
          expect(stream(link(queueOf(), tcp), { ...options, lookMs })).to.deep.equal(
            stream(link(queueOf(), tcp), options),
          )
        }),
        { numRuns: 5 },
      )
    })
  }

  it('delays by at most its queue', () => {
    for (const ms of [50, 250, 2000]) {
      const left = stream(link(fifo(ms)()), { kbps: 20_000, ms: 8000 })
      const waits = left.map(({ atMs, sentMs }) => atMs - sentMs)
      expect(Math.max(...waits)).to.be.closeTo(ms, 0.05 * ms + 2)
    }
  })

  it('with CoDel does not let a queue stand for connections that yield', () => {
    const waits = (queue: Queue): number[] =>
      stream(link(queue, { law: 'reno', flows: 1 }), { kbps: 1000, ms: 10_000 }).map(
        ({ atMs, sentMs }) => atMs - sentMs,
      )
    const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!
    expect(middle(waits(codel()))).to.be.lessThan(30)
    expect(middle(waits(fifo(1000)()))).to.be.greaterThan(300)
  })

  it('finishes over changes of its rate to the bit', () => {
    const steps = [100, 0, 50, 1000]
    const rate = new Rate(() => ({ kbps: steps.shift()!, ms: 10 }))
    expect(rate.finishMs(0, 500)).to.equal(5)
    expect(rate.finishMs(5, 1000)).to.equal(30) // 500 until 10, nothing until 20, 500 until 30
    expect(rate.finishMs(31, 2000)).to.equal(33)
  })

  it('of a mobile network has the mean rate, and stalls have the mean share', () => {
    const [meanKbps, ms] = [14_000, 200_000]
    const over = { kbps: 25_000, ms }
    const rate = cellular({ meanKbps, swing: 0.5, stepMs: [100, 400] }, seededRandom(5))
    const left = stream(new Bottleneck({ queue: fifo(500)(), rate }), over)
    expect(rateKbps(left, 0, ms)).to.be.closeTo(meanKbps, 0.05 * meanKbps)
    const bursts = Array.from({ length: 1000 }, (_, i) => rateKbps(left, 100 * i, 100 * (i + 1)))
    expect(Math.min(...bursts)).to.be.within(0.48 * meanKbps, 0.56 * meanKbps)
    expect(Math.max(...bursts)).to.be.within(1.44 * meanKbps, 1.52 * meanKbps)
    const still = stalls({ kbps: meanKbps, gapMs: 400, stallMs: [50, 200] }, seededRandom(6))
    const through = stream(new Bottleneck({ queue: fifo(500)(), rate: still }), over)
    expect(rateKbps(through, 0, ms) / meanKbps).to.be.closeTo(400 / 525, 0.03)
  })

  it('that pulses has the mean of its cycle', () => {
    const rate = pulses({ kbps: 4500, ms: 400 }, { kbps: 12_000, ms: 100 }, seededRandom(7))
    const left = stream(new Bottleneck({ queue: fifo(50)(), rate }), { kbps: 16_500, ms: 50_000 })
    expect(rateKbps(left, 500, 49_500)).to.be.closeTo(6000, 60)
  })

  it('hands over to the next link in a chain', () => {
    const narrow = new Bottleneck({ queue: fifo(50)(), rate: steady(7000) })
    expect(rateKbps(stream(chain([link(fifo(50)()), narrow]), OVER), 500, 9500)).to.be.closeTo(7000, 20)
  })
})

describe('TCP connections on a link', () => {
  const LAWS: readonly Law[] = ['reno', 'cubic']
  const share = (left: readonly Left[], fromMs: number, toMs: number): number =>
    rateKbps(left, fromMs, toMs) / LINK_KBPS

  for (const law of LAWS) {
    it(`${law}: fill what a small flow leaves`, () => {
      const waits = stream(link(fifo(100)(), { law, flows: 1 }), { kbps: 100, ms: 20_000 })
      // Every packet finds a queue that the connection keeps.
      const queued = waits.filter(({ atMs, sentMs }) => atMs - sentMs > 2).length
      expect(queued / waits.length).to.be.greaterThan(0.9)
    })

    for (const flows of [1, 3]) {
      it(`${law}, ${flows}: yield in a drop-tail queue to a flow that does not, and the longer the queue the later`, () => {
        const yieldedBy = (ms: number) => {
          const left = stream(link(fifo(ms)(), { law, flows }), OVER)
          const at = Array.from({ length: 18 }, (_, i) => 500 * i).find(from => share(left, from, from + 500) > 0.9)
          expect(share(left, 8000, 9500), `${ms} ms`).to.be.greaterThan(0.93)
          return at!
        }
        expect(yieldedBy(100)).to.be.at.most(500)
        expect(yieldedBy(1000)).to.be.within(1000, 5000)
      })

      it(`${law}, ${flows}: take their part of a fair queue for good`, () => {
        const left = stream(link(fair(fifo(100)), { law, flows }), OVER)
        expect(share(left, 2000, 9500)).to.be.closeTo(1 / (flows + 1), 0.03)
      })
    }
  }

  it('come back from a loss by the laws of their windows', () => {
    // Reno needs as many round trips as it lost segments; CUBIC needs the cube root of (window lost / 0.4) seconds.
    const [reno, cubic] = [recovery('reno'), recovery('cubic')]
    expect(reno.ms).to.be.closeTo((reno.peak / 2) * RTT_MS, 0.1 * reno.ms)
    expect(cubic.ms).to.be.closeTo(1000 * Math.cbrt((0.3 * cubic.peak) / 0.4), 0.1 * cubic.ms)
  })

  it('wait longer and longer while nothing is acknowledged', () => {
    const flow = new TcpFlow({ law: 'reno', flow: 1, rttMs: RTT_MS })
    const times: number[] = []
    for (let nowMs = 0; times.length < 5; nowMs = flow.nextMs) {
      flow.run(nowMs, () => {
        if (times.at(-1) !== nowMs) times.push(nowMs)
      })
    }
    const gaps = times.slice(1).map((ms, i) => ms - times[i]!)
    expect(gaps).to.deep.equal([1, 2, 4, 8].map(factor => factor * 2 * RTT_MS))
    expect(flow.window).to.equal(1)
  })
})

const RTT_MS = 200

/** A connection without a queue loses one segment of a large window. @returns the window then, and when it is back */
function recovery(law: Law): { readonly peak: number; readonly ms: number } {
  const flow = new TcpFlow({ law, flow: 1, rttMs: RTT_MS })
  let isLost = false
  let [peak, cutMs] = [0, 0]
  for (let nowMs = 0; ; nowMs = flow.nextMs) {
    flow.run(nowMs, ({ sequence }) => {
      if (!isLost && flow.window >= 200) isLost = true
      else flow.passed(sequence, nowMs)
    })
    if (cutMs === 0 && flow.window < peak) cutMs = nowMs
    else if (cutMs === 0) peak = flow.window
    else if (flow.window >= peak) return { peak, ms: nowMs - cutMs }
  }
}
