import { expect } from 'chai'
import protobuf from 'protobufjs'
import * as messages from '../messages.js'
import { type Codec, MessageError, type MessageErrorCode } from '../messages.js'
import { bytes, grant, h32, refuse, SAMPLES } from './message-samples.js'

const { RelayFrame, ProbeFrame } = messages

const encodedOf = (codec: Codec<never>, message: object): Uint8Array => codec.encode(message as never)

/** The code with which decoding fails. */
function refusal(codec: Codec<never>, encoded: Uint8Array): MessageErrorCode | 'accepted' {
  try {
    codec.decode(encoded)
    return 'accepted'
  } catch (error) {
    if (error instanceof MessageError) return error.code
    throw error
  }
}

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))
/** Field 127 with the value 1; no message has that many. */
const UNKNOWN_FIELD = Uint8Array.of(0xf8, 0x07, 1)
const Commit = messages.Commit as Codec<never>
const commit = { epoch: 14, verifier: 3, commitment: h32, signature: bytes(96) }

describe('messages', () => {
  for (const [name, codec, message] of SAMPLES) {
    it(`${name} decodes to the message that was encoded`, () => {
      expect(codec.decode(encodedOf(codec, message))).to.deep.include(message)
    })

    it(`${name} has no second encoding`, () => {
      const encoded = encodedOf(codec, message)
      expect(refusal(codec, joined(encoded, UNKNOWN_FIELD)), 'unknown field').to.equal('not-canonical')
      expect(refusal(codec, encoded.subarray(0, encoded.length - 1)), 'cut short').not.to.equal('accepted')
    })
  }

  it('are refused with a repeated field, a padded varint or fields out of order', () => {
    const writer = (fields: (writer: protobuf.Writer) => void) => {
      const one = protobuf.Writer.create()
      fields(one)
      return Uint8Array.from(one.finish())
    }
    const epoch = writer(one => one.uint32(8).uint32(14))
    const rest = encodedOf(Commit, commit).subarray(epoch.length)
    expect(refusal(Commit, joined(epoch, rest))).to.equal('accepted')
    expect(refusal(Commit, joined(epoch, epoch, rest))).to.equal('not-canonical')
    expect(refusal(Commit, joined(rest, epoch))).to.equal('not-canonical')
    expect(refusal(Commit, joined(Uint8Array.of(8, 0x8e, 0), rest))).to.equal('not-canonical')
  })

  it('are refused with two members, or no member, of a field that holds exactly one', () => {
    const relay = RelayFrame as Codec<never>
    const both = joined(encodedOf(relay, { refuse }), encodedOf(relay, { ready: { sessionId: h32 } }))
    expect(refusal(relay, both)).not.to.equal('accepted')
    expect(refusal(relay, Uint8Array.of())).to.equal('malformed')
    expect(refusal(ProbeFrame as Codec<never>, encodedOf(ProbeFrame as Codec<never>, { relay: {} }))).to.equal(
      'malformed',
    )
  })

  it('are refused with fields of a wrong size', () => {
    for (const wrong of [{ commitment: bytes(31) }, { commitment: bytes(33) }, { commitment: bytes(0) }]) {
      expect(refusal(Commit, encodedOf(Commit, { ...commit, ...wrong }))).to.equal('wrong-size')
    }
    // compressed and not: libraries take both
    expect(refusal(Commit, encodedOf(Commit, { ...commit, signature: bytes(96) }))).to.equal('accepted')
    const long = { ...commit, commitment: h32, signature: bytes(192) }
    expect(refusal(Commit, encodedOf(Commit, long))).to.equal('wrong-size')
    const relay = RelayFrame as Codec<never>
    expect(refusal(relay, encodedOf(relay, { grant: { ...grant, tag: bytes(9) } }))).to.equal('wrong-size')
  })

  it('are refused if a BLS signature in them is not compressed, of whatever kind they are', () => {
    const signed = SAMPLES.filter(([, , message]) => (message as { signature?: Uint8Array }).signature?.length === 96)
    expect(new Set(signed.map(([, { name }]) => name))).to.deep.equal(
      new Set(['Commit', 'Ballot', 'SeenList', 'Proposal', 'Partial', 'Certificate', 'Presence']),
    )
    for (const [, codec, message] of signed) {
      const long = { ...(message as object), signature: bytes(192) }
      expect(refusal(codec as Codec<never>, encodedOf(codec as Codec<never>, long)), codec.name).to.be.oneOf([
        'wrong-size',
        'too-large', // that, too, comes before anything is built
      ])
    }
  })

  it('are refused before they are parsed if they are too large, and are not encoded either', () => {
    expect(refusal(Commit, bytes(Commit.maxBytes + 1))).to.equal('too-large')
    expect(() => encodedOf(Commit, { ...commit, signature: bytes(Commit.maxBytes) })).to.throw(MessageError)
  })

  it('are refused with too many items', () => {
    const list = { epoch: 1, verifier: 1, signature: bytes(96) }
    const entries = (count: number) => Array.from({ length: count }, (_, verifier) => ({ verifier, root: h32 }))
    const codec = messages.SeenListMessage as Codec<never>
    expect(refusal(codec, encodedOf(codec, { ...list, entries: entries(191) }))).to.equal('accepted')
    expect(refusal(codec, encodedOf(codec, { ...list, entries: entries(192) }))).to.equal('wrong-size')
  })

  it('share no memory with the bytes that they were decoded from', () => {
    const encoded = encodedOf(Commit, commit)
    const decoded = messages.Commit.decode(encoded)
    encoded.fill(0)
    expect(decoded.commitment).to.deep.equal(h32)
  })

  it('throw nothing but a MessageError, whatever bytes arrive', () => {
    for (const [name, codec, message] of SAMPLES) {
      const encoded = encodedOf(codec, message)
      for (let i = 0; i < encoded.length; i++) {
        const flipped = Uint8Array.from(encoded)
        flipped[i]! ^= 1 << (i % 8)
        expect(refusal(codec, flipped), `${name}, byte ${i}`).to.be.a('string')
      }
    }
  })
})
