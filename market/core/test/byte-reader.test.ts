import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { ByteReader } from '../byte-reader.js'

describe('a byte reader', () => {
  it('takes what was asked for, however the bytes come, and leaves the rest', async () => {
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(parts, fc.array(fc.integer({ min: 1, max: 7 })), async (all, lengths) => {
        const stream = new PassThrough()
        const reader = new ByteReader(stream)
        const whole = Buffer.concat(all)
        void (async () => {
          for (const part of all) {
            stream.write(part)
            await setImmediate()
          }
          stream.end()
        })()
        let at = 0
        for (const length of lengths) {
          if (at + length > whole.length) break
          expect(await reader.take(length)).to.deep.equal(whole.subarray(at, at + length))
          at += length
        }
        reader.release()
        const rest: Buffer[] = []
        for await (const part of stream) rest.push(part as Buffer)
        expect(Buffer.concat(rest)).to.deep.equal(whole.subarray(at))
      }),
    )
  })

  it('gives nothing at the end, whatever is left', async () => {
    const stream = new PassThrough()
    stream.end(Buffer.from('abc'))
    const reader = new ByteReader(stream)
    expect(await reader.take(2)).to.deep.equal(Buffer.from('ab'))
    expect(await reader.take(2)).to.equal(undefined)
    const gone = new PassThrough()
    const taking = new ByteReader(gone).take(1)
    gone.destroy()
    expect(await taking).to.equal(undefined)
  })

  it('attack: half a message, and then nothing: it waits, and lets everything else run', async () => {
    const stream = new PassThrough()
    const taking = new ByteReader(stream).take(2)
    stream.write(Buffer.from('a'))
    let turns = 0
    for (; turns < 100; turns++) await setImmediate()
    stream.write(Buffer.from('b'))
    expect(await taking).to.deep.equal(Buffer.from('ab'))
  })
})
