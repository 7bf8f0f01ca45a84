/** The pure parts of `bench lanes`, and a second of it with all of its processes. No delays: those depend on the machine. */
import { expect } from 'chai'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { startWatchdog } from '../../process/watchdog.js'
import { verdictOf } from '../criteria.js'
import { carriedOf } from '../lanes/carried.js'
import { CLAIM_KBPS, LANE_KBPS, LINK_KBPS, MIXES, PREMIUM_KBPS, type UserPlan, usersOf } from '../lanes/plan.js'
import type { MixRow } from '../lanes/result.js'
import { measureMix } from '../lanes/rig.js'
import { lanesTables } from '../lanes/tables.js'
import { criteriaOf } from '../lanes/verdict.js'

const kbpsOf = (users: readonly UserPlan[]) => users.reduce((sum, { kbps }) => sum + kbps, 0)

describe('the load of bench lanes', () => {
  for (const mix of MIXES) {
    it(`is three times the link, and nobody asks for more than is granted (${mix})`, () => {
      const users = usersOf(mix, 'test')
      expect(kbpsOf(users)).to.be.within(3 * LINK_KBPS, 3.1 * LINK_KBPS)
      for (const { kbps } of users) expect(kbps).to.be.at.most(shapeOf(CLAIM_KBPS).rateKbps)
      const premium = kbpsOf(users.filter(({ traffic }) => traffic === 'premium'))
      expect(premium < PREMIUM_KBPS).to.equal(mix === 'within')
    })

    it(`follows from its seed (${mix})`, () => {
      expect(usersOf(mix, 'test')).to.deep.equal(usersOf(mix, 'test'))
      expect(usersOf(mix, 'test')[0]!.key).to.not.equal(usersOf(mix, 'another')[0]!.key)
    })
  }
})

describe('what bench lanes counts', () => {
  it('is what arrived in each second of the span, and how late', () => {
    const carried = carriedOf([999, 1000, 1500, 2000, 3000], [9, 1, 2, 3, 9], { fromMs: 1000, toMs: 3000 }, 6)
    const kbit = (IP_DATAGRAM_BYTES * 8) / 1000
    expect(carried.secondsKbps).to.deep.equal([2 * kbit, kbit])
    expect(carried.carriedKbps).to.equal(1.5 * kbit)
    expect(carried.offeredKbps).to.equal(3 * kbit)
    expect(carried.delayMs).to.deep.equal({ p50: 2, p99: 3, most: 3 })
  })
})

describe('the verdict of bench lanes', () => {
  const delayMs = { p50: 1, p99: 10, most: 20 }
  const of = (offeredKbps: number, p99: number, secondsKbps = [offeredKbps]) => {
    return {
      users: 1,
      offeredKbps,
      carriedKbps: offeredKbps,
      leastKbps: offeredKbps,
      secondsKbps,
      delayMs: { ...delayMs, p99 },
    }
  }
  const reading = { outcome: 'verified', rateKbps: CLAIM_KBPS, arrivedKbps: 1.1 * CLAIM_KBPS }
  const row: MixRow = {
    ...{ mix: 'within', seconds: 1, linkKbps: LINK_KBPS, readings: [reading] },
    classes: { lane: of(LANE_KBPS, 1), premium: of(LINK_KBPS, 10), basic: of(2 * LINK_KBPS, 50) },
    counted: { dropped: { 'link-full': 1 }, overruns: 0, paidBytes: 1 << 20, voidPayments: 0 },
  }
  const isOk = (change: Partial<MixRow>) => verdictOf('lanes', criteriaOf([row, { ...row, ...change }])).ok
  const withClasses = (change: Partial<MixRow['classes']>) => isOk({ classes: { ...row.classes, ...change } })

  it('passes within its bounds', () => expect(isOk({})).to.equal(true))

  it('fails for one second of the lane, a low reading, an unverified one, none, a slow class, or too little load', () => {
    const low = [0.94 * LANE_KBPS]
    expect(withClasses({ lane: of(LANE_KBPS, 1, [LANE_KBPS, ...low]) })).to.equal(false)
    expect(isOk({ readings: [reading, { ...reading, rateKbps: 0.99 * CLAIM_KBPS }] })).to.equal(false)
    expect(isOk({ readings: [reading, { ...reading, outcome: 'at-least, unstable' }] })).to.equal(false)
    expect(isOk({ readings: [] })).to.equal(false)
    expect(withClasses({ premium: of(LINK_KBPS, 17) })).to.equal(false)
    expect(withClasses({ basic: of(1.7 * LINK_KBPS, 50) })).to.equal(false)
  })

  it('has tables', () => {
    const criteria = criteriaOf([row])
    const { ok, line: verdict } = verdictOf('lanes', criteria)
    const facts = {
      bench: 'lanes',
      date: '2026-01-01T00:00:00Z',
      machine: 'a machine',
      commit: 'c',
      seed: 's',
    } as const
    const text = lanesTables({ ...facts, rows: [row], criteria, ok, verdict })
    expect(text).to.include('within: premium').and.include('1 MiB paid').and.not.include('undefined')
  })
})

describe('a relay in bench lanes', () => {
  it('takes users into their classes, and measures all of them', async function () {
    this.retries(2)
    const watchdog = await startWatchdog()
    try {
      const { classes, counted, readings } = await measureMix('within', 1, 'test', watchdog)
      for (const { carriedKbps } of Object.values(classes)) expect(carriedKbps).to.be.above(0)
      expect(counted.voidPayments).to.equal(0)
      expect(counted.paidBytes).to.be.above(0)
      expect(readings).to.have.length.above(0)
    } finally {
      await watchdog.close()
    }
  })
})
