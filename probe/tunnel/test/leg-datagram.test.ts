import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { DATAGRAM_BYTES, MAX_SEQUENCE, TAG_BYTES } from '../../../proto/datagram.js'
import { systemRandom } from '../../system.js'
import { CONTENT_BYTES, REPLAY_WINDOW } from '../constants.js'
import { clientKeyOf, DatagramOpener, DatagramSealer, JOIN_SLOT, MOST_JOINS, WordMask } from '../leg-datagram.js'
import { clientSecret, exitSecret, freshKeyPair, joinKeys, joinMask, legKeys, type SealKeys } from '../leg-keys.js'
import { DOWN, legEnds, UP } from './fixtures/leg-ends.js'

const KIND = 1
const FRAME_BYTES = 29

const ends = legEnds()
const keys = legKeys(ends.atClient, UP, DOWN)
const atExit = legKeys(ends.atExit, UP, DOWN)
const contents = fc.uint8Array({ maxLength: CONTENT_BYTES })
const sealerFrom = (firstSequence: number) => new DatagramSealer(UP, keys.up, undefined, firstSequence)

describe('the datagrams of a leg', () => {
  it('open at the other end to what was sealed, padded or not', () => {
    const [sealer, opener] = [new DatagramSealer(UP, keys.up), new DatagramOpener(atExit.up)]
    const sealed = (content: Uint8Array, kind: number, padded: boolean) => {
      const datagram = sealer.seal(kind, content, padded)!
      expect(datagram).to.have.length(padded ? DATAGRAM_BYTES : content.length + FRAME_BYTES)
      expect(datagram.subarray(0, TAG_BYTES)).to.deep.equal(UP)
      expect(opener.open(datagram)).to.deep.equal({ kind, content: Buffer.from(content) })
    }
    fc.assert(fc.property(contents, fc.integer({ min: 1, max: 255 }), fc.boolean(), sealed))
    for (const length of [0, 1, CONTENT_BYTES]) sealed(Buffer.alloc(length), KIND, true)
  })

  it('have a content of 1171 bytes in 1200', () => {
    expect(CONTENT_BYTES).to.equal(1171)
    expect(new DatagramSealer(UP, keys.up).seal(KIND, randomBytes(CONTENT_BYTES), false)).to.have.length(DATAGRAM_BYTES)
  })

  it('do not open once any bit has changed', () => {
    fc.assert(
      fc.property(contents, fc.nat(8 * DATAGRAM_BYTES), fc.boolean(), (content, at, padded) => {
        const datagram = new DatagramSealer(UP, keys.up).seal(KIND, content, padded)!
        const bit = at % (8 * datagram.length)
        datagram[bit >> 3]! ^= 1 << (bit & 7)
        expect(new DatagramOpener(atExit.up).open(datagram)).to.equal('forged')
      }),
    )
  })

  it('do not open in the other direction, with other tags, or for other keys', () => {
    const other = legEnds(ends.exit)
    const foreign: SealKeys[] = [
      keys.down,
      legKeys(ends.atClient, UP, UP).up,
      legKeys(ends.atClient, DOWN, DOWN).up,
      legKeys(ends.atClient, DOWN, UP).up,
      legKeys(other.atClient, UP, DOWN).up,
      legKeys(legEnds().atClient, UP, DOWN).up,
      joinKeys(ends.atClient, UP),
    ]
    const seen = new Set(
      [keys.up, ...foreign].map(({ key, iv }) => key.export().toString('hex') + Buffer.from(iv).toString('hex')),
    )
    expect(seen.size).to.equal(foreign.length + 1)
    for (const wrong of foreign) {
      const datagram = new DatagramSealer(UP, wrong).seal(KIND, Buffer.from('x'), false)!
      expect(new DatagramOpener(atExit.up).open(datagram)).to.equal('forged')
    }
  })

  it('open once, in any order within the window', () => {
    const sealer = new DatagramSealer(UP, keys.up)
    const datagrams = Array.from({ length: 300 }, () => sealer.seal(KIND, Buffer.from('x'), false)!)
    fc.assert(
      fc.property(fc.shuffledSubarray(datagrams), fc.shuffledSubarray(datagrams), (first, second) => {
        const opener = new DatagramOpener(atExit.up)
        for (const datagram of first) expect(opener.open(datagram)).to.have.property('kind', KIND)
        for (const datagram of second) {
          const opened = opener.open(datagram)
          if (first.includes(datagram)) expect(opened).to.equal('replayed')
          else expect(opened).to.have.property('kind', KIND)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('do not open below the window, and a forged one does not move the window', () => {
    const opener = new DatagramOpener(atExit.up)
    const [old, recent] = [sealerFrom(0).seal(KIND, Buffer.of(1), false)!, sealerFrom(REPLAY_WINDOW - 1)]
    const forged = sealerFrom(MAX_SEQUENCE).seal(KIND, Buffer.of(1), false)!
    forged[14]! ^= 1
    expect(opener.open(forged)).to.equal('forged')
    expect(opener.open(recent.seal(KIND, Buffer.of(1), false)!)).to.have.property('kind')
    expect(opener.open(Buffer.from(old))).to.have.property('kind')
    expect(opener.open(recent.seal(KIND, Buffer.of(1), false)!)).to.have.property('kind')
    expect(opener.open(old)).to.equal('replayed')
  })

  it('end before the sequence number wraps', () => {
    const sealer = sealerFrom(MAX_SEQUENCE - 1)
    expect(sealer.left).to.equal(2)
    expect(sealer.seal(KIND, Buffer.of(1), false)).to.not.equal(undefined)
    expect(sealer.seal(KIND, Buffer.of(1), false)).to.not.equal(undefined)
    expect(sealer.left).to.equal(0)
    expect(sealer.seal(KIND, Buffer.of(1), false)).to.equal(undefined)
  })

  it('do not open without a kind, or if they are cut or too long', () => {
    const opener = new DatagramOpener(atExit.up)
    const whole = new DatagramSealer(UP, keys.up).seal(KIND, Buffer.of(1), false)!
    for (let length = 0; length < FRAME_BYTES; length++)
      expect(opener.open(whole.subarray(0, length))).to.equal('malformed')
    expect(opener.open(Buffer.alloc(DATAGRAM_BYTES + 1))).to.equal('malformed')
    const zeros = new DatagramSealer(UP, keys.up).seal(0, Buffer.alloc(5), false)!
    expect(opener.open(zeros)).to.deep.equal({ kind: 0, content: Buffer.alloc(0) })
  })

  it('show a relay neither slot nor order', () => {
    const sealer = new DatagramSealer(UP, keys.up)
    const words = Array.from({ length: 200 }, () => sealer.seal(KIND, Buffer.of(1), true)!.readUInt32BE(TAG_BYTES))
    const ones = (bits: number) => bits.toString(2).replaceAll('0', '').length
    const mean = words.slice(1).reduce((sum, word, i) => sum + ones((word ^ words[i]!) >>> 0), 0) / 199
    expect(mean).to.be.within(15, 17) // of 32; ± 5 standard deviations
  })
})

describe('joins', () => {
  const mask = new WordMask(joinMask(ends.exit.publicKey))
  const joinSealer = () => new DatagramSealer(UP, joinKeys(ends.atClient, UP), ends.client.publicKey)

  it('show the exit the client’s key, and open', () => {
    const sealer = joinSealer()
    const opener = new DatagramOpener(joinKeys(ends.atExit, UP), JOIN_SLOT)
    for (let i = 0; i < MOST_JOINS; i++) {
      const datagram = sealer.seal(4, Buffer.from('body'), true)!
      expect(datagram).to.have.length(DATAGRAM_BYTES)
      expect(clientKeyOf(datagram, mask)).to.deep.equal(Buffer.from(ends.client.publicKey))
      expect(opener.open(datagram)).to.deep.equal({ kind: 4, content: Buffer.from('body') })
    }
    expect(sealer.seal(4, Buffer.from('body'), true)).to.equal(undefined)
  })

  it('are told from all else before the exit computes anything', () => {
    const data = new DatagramSealer(UP, keys.up)
    for (let i = 0; i < 1000; i++) {
      expect(clientKeyOf(randomBytes(DATAGRAM_BYTES), mask)).to.equal(undefined)
      expect(clientKeyOf(data.seal(KIND, Buffer.of(1), true)!, mask)).to.equal(undefined)
    }
    const join = joinSealer().seal(4, Buffer.from('body'), true)!
    expect(clientKeyOf(join, new WordMask(joinMask(legEnds().exit.publicKey)))).to.equal(undefined)
    expect(clientKeyOf(joinSealer().seal(4, Buffer.from('body'), false)!, mask)).to.equal(undefined)
  })

  it('bind the client’s key: another one in its place opens nothing', () => {
    const join = joinSealer().seal(4, Buffer.from('body'), true)!
    join.set(freshKeyPair(systemRandom).publicKey, 12)
    const secret = exitSecret(ends.exit, clientKeyOf(join, mask)!)!
    expect(new DatagramOpener(joinKeys(secret, UP), JOIN_SLOT).open(join)).to.equal('forged')
  })

  it('with a key of low order have no secret', () => {
    expect(exitSecret(ends.exit, new Uint8Array(32))).to.equal(undefined)
    expect(exitSecret(ends.exit, Uint8Array.of(1, ...new Uint8Array(31)))).to.equal(undefined)
    expect(() => clientSecret(ends.client, new Uint8Array(32))).to.throw('choose another exit')
  })
})
