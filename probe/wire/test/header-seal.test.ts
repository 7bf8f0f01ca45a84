import { createCipheriv, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { DATAGRAM_BYTES, HEADER_BYTES, MAX_SEQUENCE } from '../../../proto/datagram.js'
import { HeaderOpener, HeaderSeal } from '../header-seal.js'
import { chunkKeystream, layHeader, TIME_OFFSET } from '../keystream.js'

const TAG = Buffer.from('a1a2a3a4a5a6a7a8', 'hex')
const SLOT = 2
const KEY = randomBytes(16)
const MOST = 8

/** Datagrams one after another, with their headers laid and not sealed. */
function laid(sequences: readonly number[], tag = TAG, slot = SLOT): Buffer {
  const datagrams = chunkKeystream(randomBytes(16), 0).subarray(0, sequences.length * DATAGRAM_BYTES)
  for (const [i, sequence] of sequences.entries()) {
    layHeader(datagrams.subarray(i * DATAGRAM_BYTES, (i + 1) * DATAGRAM_BYTES), tag, slot, sequence, 1000 * i)
  }
  return datagrams
}

function sealed(sequences: readonly number[], key = KEY, tag = TAG, slot = SLOT): Buffer {
  const datagrams = laid(sequences, tag, slot)
  new HeaderSeal(key, MOST).seal(datagrams, sequences.length)
  return datagrams
}

function opened(datagrams: Buffer): (number | undefined)[] {
  const opener = new HeaderOpener(KEY, TAG, SLOT, MOST)
  const places = Array.from({ length: datagrams.length / DATAGRAM_BYTES }, (_, i) =>
    opener.take(datagrams, i * DATAGRAM_BYTES),
  )
  opener.open()
  return places.map(place => opener.sequence(place))
}

const anySequences = fc.array(fc.nat(MAX_SEQUENCE), { minLength: 1, maxLength: MOST })

describe('sealed headers', () => {
  it('open to what was laid, batch by batch', () => {
    fc.assert(
      fc.property(anySequences, anySequences, (one, other) => {
        const seal = new HeaderSeal(KEY, MOST)
        const opener = new HeaderOpener(KEY, TAG, SLOT, MOST)
        for (const sequences of [one, other]) {
          const datagrams = laid(sequences)
          const times = sequences.map((_, i) => datagrams.readUInt32BE(i * DATAGRAM_BYTES + TIME_OFFSET))
          seal.seal(datagrams, sequences.length)
          const places = sequences.map((_, i) => opener.take(datagrams, i * DATAGRAM_BYTES))
          opener.open()
          expect(places.map(place => opener.sequence(place))).to.deep.equal(sequences)
          expect(places.map(place => opener.maskedTime(place))).to.deep.equal(times)
        }
      }),
    )
  })

  it('are one AES block (FIPS 197) over sender, sequence, tag and masked time; tag and payload stay', () => {
    const [plain, seal] = [laid([161]), new HeaderSeal(KEY, MOST)]
    const datagram = Buffer.from(plain)
    seal.seal(datagram, 1)
    const cipher = createCipheriv('aes-128-ecb', KEY, null).setAutoPadding(false)
    expect(datagram.subarray(8, HEADER_BYTES)).to.deep.equal(cipher.update(plain.subarray(8, HEADER_BYTES)))
    expect(datagram.subarray(0, 8)).to.deep.equal(TAG)
    expect(datagram.subarray(HEADER_BYTES)).to.deep.equal(plain.subarray(HEADER_BYTES))
  })

  it('open to nothing after any change of any byte of the sealed part', () => {
    fc.assert(
      fc.property(
        fc.nat(MAX_SEQUENCE),
        fc.integer({ min: 8, max: HEADER_BYTES - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (sequence, at, bits) => {
          const datagram = sealed([sequence])
          datagram[at]! ^= bits
          expect(opened(datagram)).to.deep.equal([undefined])
        },
      ),
    )
  })

  it('open to nothing if they are another sender’s, another session’s, or were never sealed', () => {
    expect(opened(sealed([7], randomBytes(16)))).to.deep.equal([undefined])
    expect(opened(sealed([7], KEY, randomBytes(8)))).to.deep.equal([undefined])
    expect(opened(sealed([7], KEY, TAG, SLOT + 1))).to.deep.equal([undefined])
    expect(opened(laid([7]))).to.deep.equal([undefined])
  })

  it('show a relay neither the order nor the sender of datagrams', () => {
    const headers = Array.from({ length: 200 }, (_, sequence) => sealed([sequence]).subarray(8, HEADER_BYTES))
    // Consecutive sequence numbers differ in half of all bits, as random blocks do (128 · ½ ± 5 standard deviations).
    const distance = (a: Buffer, b: Buffer) =>
      a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll('0', '').length, 0)
    const mean = headers.slice(1).reduce((sum, header, i) => sum + distance(header, headers[i]!), 0) / 199
    expect(mean).to.be.within(62, 66)
  })
})
