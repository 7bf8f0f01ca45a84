import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'chai'
import { CREDIT_BYTES, Meter } from '../meter.js'

const PIECE = Buffer.alloc(64 * 1024)
const GIB = 2 ** 30

function* pieces(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE
}

const nowhere = () => new Writable({ write: (_bytes, _encoding, done) => done() })

describe('the meter of a tunnel', () => {
  it('carries 5 GiB that are paid for, without an end', async () => {
    const meter: Meter = new Meter(carriedBytes => {
      const dueBytes = carriedBytes - meter.paidBytes
      if (dueBytes > CREDIT_BYTES / 2) meter.pay(dueBytes)
    })
    await pipeline(pieces(5 * GIB), meter.gate(), nowhere())
    expect(meter.carriedBytes).to.equal(5 * GIB)
  })
})
