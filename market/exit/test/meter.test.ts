import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import { CREDIT_BYTES, LEAST_WINDOW_BYTES, Meter, MOST_WINDOW_BYTES, windowBytes } from '../meter.js'

const PIECE = Buffer.alloc(64 * 1024)
const GIB = 2 ** 30

function* pieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE
}

const nowhere = () => new Writable({ write: (_bytes, _encoding, done) => done() })

describe('the meter of a tunnel', () => {
  it('carries 5 GiB that are paid for, without an end', async () => {
    const meter: Meter = new Meter(() => {
      const dueBytes = meter.carriedBytes - meter.paidBytes
      if (dueBytes > CREDIT_BYTES / 2) meter.pay(dueBytes)
    })
    await pipeline(pieces(5 * GIB), meter.gate(), nowhere())
    expect(meter.carriedBytes).to.equal(5 * GIB)
  })

  it('lets a tunnel owe a credit, then 16 MiB, and then a part of what it has paid', async () => {
    for (const paidBytes of [0, 1, 16 << 20, 100 << 20, GIB]) {
      const waits = Promise.withResolvers<void>()
      const meter: Meter = new Meter(() => meter.isWaiting && waits.resolve())
      if (paidBytes > 0) meter.pay(paidBytes)
      const ending = new AbortController()
      const flow = pipeline(pieces(2 * GIB), meter.gate(), nowhere(), { signal: ending.signal }).catch(() => {})
      await waits.promise
      const most = windowBytes(paidBytes)
      expect(meter.carriedBytes - paidBytes).to.be.within(most - PIECE.length, most)
      ending.abort()
      await flow
    }
    expect(windowBytes(0)).to.equal(CREDIT_BYTES)
    expect(Math.floor(windowBytes(1))).to.equal(LEAST_WINDOW_BYTES)
    expect(windowBytes(80 << 20), 'a half, and a twentieth').to.equal(44 << 20)
    expect(windowBytes(10 * GIB)).to.equal(MOST_WINDOW_BYTES + GIB / 2)
  })
})
