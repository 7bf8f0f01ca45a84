import { randomInt } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { mutated } from '../../../proto/test/mutations.js'
import { decodeJoin, decodePing, decodePong, encodeJoin, encodePing, encodePong, MODES } from '../bodies.js'
import { MOST_LEGS } from '../constants.js'
import { randomOf } from './fixtures/sim-network.js'

const RUNS = 100_000
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(each => Buffer.from(each))
const clockMs = fc.double({ min: 0, max: 2 ** 53, noNaN: true }).map(ms => ms + 0)
const named = fc.record({ tag: bytes(8), seen: fc.nat(2 ** 32 - 1) })
const active = fc.array(named, { maxLength: MOST_LEGS })
const join = fc.record({
  clockMs,
  tunnelId: bytes(16),
  downTag: bytes(8),
  downKbps: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
})
const ping = fc.record({
  clockMs,
  cookie: bytes(8),
  next: fc.nat(2 ** 48 - 1),
  change: fc.nat(),
  mode: fc.constantFrom(...MODES),
  padded: fc.boolean(),
  rests: fc.boolean(),
  active,
})
const pong = fc.record({
  clockMs,
  cookie: bytes(8),
  next: fc.nat(2 ** 48 - 1),
  provenBytes: fc.nat(2 ** 48 - 1),
  active,
})

describe('bodies', () => {
  it('come back as they were', () => {
    fc.assert(fc.property(join, body => void expect(decodeJoin(encodeJoin(body))).to.deep.equal(body)))
    fc.assert(fc.property(ping, body => void expect(decodePing(encodePing(body))).to.deep.equal(body)))
    fc.assert(fc.property(pong, body => void expect(decodePong(encodePong(body))).to.deep.equal(body)))
  })

  it('that decode are exactly what their encoder writes, whatever the bytes', () => {
    const [one] = fc.sample(fc.tuple(join, ping, pong), 1)
    const samples = [encodeJoin(one![0]), encodePing(one![1]), encodePong(one![2])]
    fc.assert(
      fc.property(mutated(samples), content => {
        const found = { join: decodeJoin(content), ping: decodePing(content), pong: decodePong(content) }
        if (found.join) expect(encodeJoin(found.join)).to.deep.equal(content)
        if (found.ping) expect(encodePing(found.ping)).to.deep.equal(content)
        if (found.pong) expect(encodePong(found.pong)).to.deep.equal(content)
      }),
      { numRuns: 5000 },
    )
  })

  it(`do not crash a decoder: ${RUNS} random contents`, () => {
    const seed = randomInt(2 ** 31)
    const random = randomOf(seed)
    const content = Buffer.alloc(200)
    for (let i = 0; i < RUNS; i++) {
      for (let at = 0; at < content.length; at += 4) content.writeUInt32BE(Math.floor(random() * 2 ** 32), at)
      const cut = content.subarray(0, Math.floor(random() * content.length))
      const found = [decodeJoin(cut), decodePing(cut), decodePong(cut)]
      for (const body of found)
        if (body) expect(Number.isFinite(body.clockMs), `seed ${seed}, body ${i}`).to.equal(true)
    }
  })

  it('with a clock that is no number, a rate of 0 or too many legs drop', () => {
    const [one] = fc.sample(fc.tuple(join, ping), 1)
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(decodePing(encodePing({ ...one![1], clockMs: wrong }))).to.equal(undefined)
      expect(decodeJoin(encodeJoin({ ...one![0], clockMs: wrong }))).to.equal(undefined)
    }
    expect(decodeJoin(encodeJoin({ ...one![0], downKbps: 0 }))).to.equal(undefined)
    const many = Array.from({ length: MOST_LEGS + 1 }, () => ({ tag: Buffer.alloc(8), seen: 0 }))
    expect(decodePing(encodePing({ ...one![1], active: many }))).to.equal(undefined)
  })
})
