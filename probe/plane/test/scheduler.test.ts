/** The order of a full link, in simulated time. */
import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { CLASS_QUEUE_MS, PREMIUM_QUEUE_MS, PREMIUM_SHARE, STRANGERS_FILL } from '../../constants.js'
import { bytesIn } from '../../verdict/share.js'
import { Scheduler, type TrafficClass } from '../scheduler.js'

const LINK_KBPS = 10_000
const CLAIM_KBPS = 2_000
const MS = 4000
/** A full one, on the link. */
const DATAGRAM_MS = IP_DATAGRAM_BYTES / bytesIn(LINK_KBPS, 1)
const CLASSES: readonly TrafficClass[] = ['lane', 'unpaid', 'premium', 'basic']

/** A flow that sends datagrams of one size at a steady rate. */
interface Flow {
  readonly name: TrafficClass
  readonly kbps: number
  readonly bytes?: number
}

interface Sent {
  readonly name: TrafficClass
  /** which flow */
  readonly session: number
  /** of its flow, in the order of arrival */
  readonly number: number
  readonly bytes: number
  readonly arrivedMs: number
}

interface Result {
  readonly arrived: readonly Sent[]
  readonly left: readonly (Sent & { readonly leftMs: number })[]
  readonly dropped: readonly Sent[]
}

function arrivals(flows: readonly Flow[], durationMs: number): Sent[] {
  const all = flows.flatMap(({ name, kbps, bytes = IP_DATAGRAM_BYTES }, session) => {
    const everyMs = bytes / bytesIn(kbps, 1)
    const count = kbps === 0 ? 0 : Math.floor(durationMs / everyMs)
    return Array.from({ length: count }, (_, number) => ({ name, session, number, bytes, arrivedMs: number * everyMs }))
  })
  return all.sort((a, b) => a.arrivedMs - b.arrivedMs)
}

function carry(arrived: readonly Sent[], durationMs = MS): Result {
  const left: (Sent & { leftMs: number })[] = []
  const dropped: Sent[] = []
  const scheduler = new Scheduler<Sent>(LINK_KBPS, CLAIM_KBPS, 0, gone => dropped.push(gone))
  const take = (nowMs: number) => {
    for (let leftMs = scheduler.dueMs; leftMs !== undefined && leftMs <= nowMs; leftMs = scheduler.dueMs)
      left.push({ ...scheduler.next(nowMs)!, leftMs })
  }
  for (const one of arrived) {
    take(one.arrivedMs)
    scheduler.add(one.name, one.session, one, one.bytes, one.arrivedMs)
  }
  take(durationMs)
  return { arrived, left, dropped }
}

const run = (...flows: Flow[]) => carry(arrivals(flows, MS))
const kbps = ({ left }: Result, ...names: TrafficClass[]) =>
  left.reduce((sum, { name, bytes }) => sum + (names.includes(name) ? bytes * 8 : 0), 0) / MS
const delays = ({ left }: Result, wanted: TrafficClass) =>
  left.flatMap(({ name, leftMs, arrivedMs }) => (name === wanted ? [leftMs - arrivedMs] : [])).sort((a, b) => a - b)
const p99 = (sorted: readonly number[]) => sorted[Math.floor(sorted.length * 0.99)]!

describe('the order of a full link', () => {
  it('is no order while it is not full: nothing waits and nothing is dropped', () => {
    const result = run(...CLASSES.map(name => ({ name, kbps: 0.2 * LINK_KBPS })))
    expect(result.dropped).to.deep.equal([])
    for (const name of CLASSES) expect(delays(result, name).at(-1)).to.be.lessThan(5)
  })

  it('gives sessions without a payment the whole link while nobody pays', () => {
    expect(kbps(run({ name: 'unpaid', kbps: 3 * LINK_KBPS }), 'unpaid')).to.be.closeTo(LINK_KBPS, 20)
  })

  it('attack: payers who send three times the link take nothing of the claim from probes', () => {
    const probe = { name: 'unpaid', kbps: 1.65 * CLAIM_KBPS } as const
    for (const payers of [
      [{ name: 'premium', kbps: 3 * LINK_KBPS }],
      [{ name: 'basic', kbps: 3 * LINK_KBPS }],
      [
        { name: 'premium', kbps: 1.5 * LINK_KBPS, bytes: 60 },
        { name: 'basic', kbps: 1.5 * LINK_KBPS, bytes: 1248 },
      ],
    ] as const) {
      const result = run(probe, ...payers)
      expect(kbps(result, 'unpaid')).to.be.closeTo(STRANGERS_FILL * CLAIM_KBPS, 0.02 * CLAIM_KBPS)
      expect(kbps(result, ...CLASSES)).to.be.closeTo(LINK_KBPS, 20)
    }
  })

  it('attack: sessions without a payment take no more than the claim from payers', () => {
    const result = run({ name: 'unpaid', kbps: 3 * LINK_KBPS }, { name: 'basic', kbps: LINK_KBPS })
    expect(kbps(result, 'basic')).to.be.closeTo(LINK_KBPS - STRANGERS_FILL * CLAIM_KBPS, 0.02 * LINK_KBPS)
  })

  it('carries lanes first and whole, with hardly a wait', () => {
    const result = run(
      { name: 'lane', kbps: 0.3 * LINK_KBPS },
      { name: 'unpaid', kbps: LINK_KBPS },
      { name: 'premium', kbps: LINK_KBPS },
      { name: 'basic', kbps: LINK_KBPS },
    )
    expect(kbps(result, 'lane')).to.be.closeTo(0.3 * LINK_KBPS, 20)
    expect(result.dropped.filter(({ name }) => name === 'lane')).to.deep.equal([])
    expect(delays(result, 'lane').at(-1)).to.be.at.most(1.1 * (IP_DATAGRAM_BYTES / bytesIn(LINK_KBPS, 1)))
  })

  it('lets premium payers within their share wait for a datagram or two, and loses none of theirs', () => {
    const result = run({ name: 'premium', kbps: 0.5 * LINK_KBPS }, { name: 'basic', kbps: 2.5 * LINK_KBPS })
    expect(p99(delays(result, 'premium'))).to.be.at.most(3 * DATAGRAM_MS)
    expect(p99(delays(result, 'basic'))).to.be.closeTo(CLASS_QUEUE_MS, DATAGRAM_MS)
    expect(result.dropped.filter(({ name }) => name === 'premium')).to.deep.equal([])
  })

  it('lets premium payers wait a quarter as long as basic ones if both send more than their share', () => {
    const settled = ({ left, ...rest }: Result) => ({ ...rest, left: left.filter(one => one.arrivedMs > 1000) })
    for (const factor of [1.1, 1.5, 3]) {
      const premium = (factor * LINK_KBPS * PREMIUM_SHARE) / (PREMIUM_SHARE + 1)
      const basic = (factor * LINK_KBPS) / (PREMIUM_SHARE + 1)
      const result = settled(run({ name: 'premium', kbps: premium }, { name: 'basic', kbps: basic }))
      expect(p99(delays(result, 'premium'))).to.be.at.most(PREMIUM_QUEUE_MS + DATAGRAM_MS)
      expect(p99(delays(result, 'basic'))).to.be.closeTo(CLASS_QUEUE_MS, (PREMIUM_SHARE + 1) * DATAGRAM_MS)
    }
  })

  it('lets payers within their share wait little, whoever else is overloaded: basic ones as well', () => {
    const premium = { name: 'premium', kbps: 3 * LINK_KBPS } as const
    const result = run(premium, { name: 'basic', kbps: (0.9 * LINK_KBPS) / (PREMIUM_SHARE + 1) })
    expect(delays(result, 'basic').at(-1)).to.be.at.most((PREMIUM_SHARE + 1) * DATAGRAM_MS)
    expect(p99(delays(result, 'premium'))).to.be.closeTo(CLASS_QUEUE_MS, DATAGRAM_MS)
  })

  it('loses nothing of bursts of 10 ms of premium payers within their share, however many basic ones wait', () => {
    const bursts = Array.from({ length: MS / 40 }, (_, i) => i * 40).flatMap(arrivedMs =>
      Array.from({ length: 10 }, () => ({ name: 'premium' as const, bytes: IP_DATAGRAM_BYTES, arrivedMs })),
    )
    const basic = arrivals([{ name: 'basic', kbps: 2.5 * LINK_KBPS }], MS)
    const premium = bursts.map((one, number) => ({ ...one, session: 9, number }))
    const { dropped } = carry([...basic, ...premium].sort((a, b) => a.arrivedMs - b.arrivedMs))
    expect(dropped.filter(({ name }) => name === 'premium')).to.deep.equal([])
  })

  it('attack: sessions without a payment that send in bursts cost premium payers within their share nothing', () => {
    const everyMs = 50
    const count = Math.floor(bytesIn(STRANGERS_FILL * CLAIM_KBPS, everyMs) / IP_DATAGRAM_BYTES)
    const unpaid = Array.from({ length: (MS / everyMs) * count }, (_, number): Sent => {
      return {
        name: 'unpaid',
        session: 9,
        number,
        bytes: IP_DATAGRAM_BYTES,
        arrivedMs: Math.floor(number / count) * everyMs,
      }
    })
    const payers = arrivals(
      [
        { name: 'premium', kbps: 0.5 * LINK_KBPS },
        { name: 'basic', kbps: 2.5 * LINK_KBPS },
      ],
      MS,
    )
    const { dropped } = carry([...payers, ...unpaid].sort((a, b) => a.arrivedMs - b.arrivedMs))
    expect(dropped.filter(({ name }) => name === 'premium')).to.deep.equal([])
  })

  it('attack: a basic payer that sends little does not shorten the queue of premium ones', () => {
    const full = { name: 'premium', kbps: 1.1 * LINK_KBPS } as const
    const result = run(full, { name: 'basic', kbps: 0.05 * LINK_KBPS })
    expect(p99(delays(result, 'premium'))).to.be.within(0.8 * CLASS_QUEUE_MS, CLASS_QUEUE_MS)
    expect(kbps(result, 'premium', 'basic')).to.be.closeTo(LINK_KBPS, 20)
  })

  it('divides a link that both classes of payers fill 8 to 1 by bytes, whatever their datagrams’ sizes', () => {
    for (const [bytes, others] of [[1248, 1248] as const, [60, 1248] as const, [1248, 60] as const]) {
      const [premium, basic] = [
        { kbps: 1.5 * LINK_KBPS, bytes },
        { kbps: 1.5 * LINK_KBPS, bytes: others },
      ]
      const result = run({ name: 'premium', ...premium }, { name: 'basic', ...basic })
      expect(kbps(result, 'premium') / kbps(result, 'basic')).to.be.closeTo(PREMIUM_SHARE, 0.3)
    }
  })

  it('keeps a queue of 50 ms for a class that has the link alone, and drops the oldest', () => {
    for (const name of CLASSES) {
      for (const factor of [1.05, 2]) {
        const result = run({ name, kbps: factor * LINK_KBPS })
        expect(delays(result, name).at(-1)).to.be.within(0.9 * CLASS_QUEUE_MS, CLASS_QUEUE_MS)
        expect(kbps(result, name)).to.be.closeTo(LINK_KBPS, 20)
      }
    }
  })

  it('serves sessions of a class alike, though one sends in bursts, and another always a moment later than a third', () => {
    const everyMs = 5
    const ticks = Array.from({ length: MS / everyMs }, (_, i) => i * everyMs)
    const each = (session: number, lateMs: number, count: number, ofTicks: readonly number[]): Sent[] =>
      ofTicks.flatMap((ms, i) =>
        Array.from({ length: count }, (_, j) => {
          const place = { session, number: i * count + j, arrivedMs: ms + lateMs }
          return { name: 'basic' as const, bytes: IP_DATAGRAM_BYTES, ...place }
        }),
      )
    const bursts = ticks.filter((_, i) => i % 8 === 0)
    const all = [...each(0, 0, 5, ticks), ...each(1, 0.1, 5, ticks), ...each(2, 0.2, 40, bursts)]
    const { left } = carry(all.sort((a, b) => a.arrivedMs - b.arrivedMs))
    for (const session of [0, 1, 2])
      expect(left.filter(one => one.session === session).length / left.length).to.be.closeTo(1 / 3, 0.03)
  })

  it('a link that was idle has saved nothing', () => {
    const burst = Array.from({ length: 20 }, (_, number): Sent => {
      return { name: 'basic', session: 0, number, bytes: IP_DATAGRAM_BYTES, arrivedMs: 1000 }
    })
    const { left } = carry(burst)
    expect(left.at(-1)!.leftMs).to.be.closeTo(1000 + 19 * (IP_DATAGRAM_BYTES / bytesIn(LINK_KBPS, 1)), 0.01)
  })

  it('follows the claim', () => {
    const scheduler = new Scheduler<TrafficClass>(LINK_KBPS, CLAIM_KBPS, 0, () => {})
    scheduler.setClaim(2 * CLAIM_KBPS, 0)
    let bytes = 0
    for (let ms = 0; ms < MS; ms++) {
      for (let got = scheduler.next(ms); got !== undefined; got = scheduler.next(ms))
        if (got === 'unpaid') bytes += IP_DATAGRAM_BYTES
      for (const name of ['unpaid', 'basic'] as const)
        for (let i = 0; i < 2; i++) scheduler.add(name, 0, name, IP_DATAGRAM_BYTES, ms)
    }
    expect((bytes * 8) / MS).to.be.closeTo(2 * STRANGERS_FILL * CLAIM_KBPS, 0.05 * CLAIM_KBPS)
  })

  describe('for any traffic', () => {
    const SHORT_MS = 100
    const AFTER_MS = 10_000
    const EPSILON_MS = 1e-6
    const flow = fc.record({
      name: fc.constantFrom(...CLASSES),
      kbps: fc.integer({ min: 0, max: 3 * LINK_KBPS }),
      bytes: fc.integer({ min: 100, max: 1248 }),
    })
    const flows = fc.array(flow, { minLength: 1, maxLength: 5 })
    const carried = flows.map(some => carry(arrivals(some, SHORT_MS), SHORT_MS + AFTER_MS))

    it('every datagram leaves once or is dropped once, and those of a session leave in their order', () => {
      fc.assert(
        fc.property(carried, ({ arrived, left, dropped }) => {
          const keyOf = ({ session, number }: Sent) => `${session} ${number}`
          const seen = new Set([...left, ...dropped].map(keyOf))
          expect([seen.size, left.length + dropped.length]).to.deep.equal([arrived.length, arrived.length])
          const last = new Map<number, number>()
          for (const { session, number } of left) {
            if (number <= (last.get(session) ?? -1)) expect.fail(`${session} ${number} left after ${last.get(session)}`)
            last.set(session, number)
          }
        }),
      )
    })

    it('the link carries one after the other, and never pauses while one waits', () => {
      fc.assert(
        fc.property(carried, ({ left }) => {
          const earliest = [...left]
          for (let i = left.length - 2; i >= 0; i--)
            if (earliest[i + 1]!.arrivedMs < earliest[i]!.arrivedMs) earliest[i] = earliest[i + 1]!
          let freeMs = 0
          left.forEach(({ leftMs, bytes }, i) => {
            const dueMs = Math.max(freeMs, earliest[i]!.arrivedMs)
            if (Math.abs(leftMs - dueMs) > EPSILON_MS) expect.fail(`the ${i}th left at ${leftMs}, not ${dueMs}`)
            freeMs = leftMs + bytes / bytesIn(LINK_KBPS, 1)
          })
        }),
      )
    })

    it('nothing waits longer than 50 ms, except the last of its class', () => {
      fc.assert(
        fc.property(carried, ({ arrived, left, dropped }) => {
          for (const { name, session, number, arrivedMs, leftMs } of left) {
            if (leftMs - arrivedMs <= CLASS_QUEUE_MS + EPSILON_MS) continue
            const gone = new Set(dropped)
            const isWaiting = (one: Sent) => one.name === name && one.arrivedMs < leftMs - EPSILON_MS && !gone.has(one)
            const before = left.filter(one => one.name === name && one.leftMs < leftMs).length
            const others = arrived.filter(isWaiting).length - before - 1
            if (others > 0) expect.fail(`${name} ${session} ${number} left at ${leftMs} before ${others} others`)
          }
        }),
      )
    })

    it('no lane waits for more than one datagram of another class', () => {
      fc.assert(
        fc.property(flows, others => {
          const rest = others.filter(({ name }) => name !== 'lane')
          const result = carry(arrivals([...rest, { name: 'lane', kbps: 4000 }], SHORT_MS), SHORT_MS + AFTER_MS)
          expect(delays(result, 'lane').at(-1)).to.be.at.most(1248 / bytesIn(LINK_KBPS, 1) + EPSILON_MS)
        }),
      )
    })
  })
})
