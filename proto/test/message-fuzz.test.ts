/**
 * Mutated messages of every kind. `npm run fuzz` has a million for each decoder.
 *
 * Whatever arrives, a decoder throws a MessageError, or returns a message that encodes to the very same bytes.
 */
import { expect } from 'chai'
import * as messages from '../messages.js'
import { type Codec, MessageError } from '../messages.js'
import { fuzz, fuzzTimeoutMs, runsOf } from './fuzz.js'
import { SAMPLES } from './message-samples.js'
import { mutated } from './mutations.js'

const encodings = SAMPLES.map(([, codec, message]) => ({ codec, bytes: Buffer.from(codec.encode(message as never)) }))
const codecs = [...new Set(encodings.map(({ codec }) => codec))]

const isCodec = (value: unknown): value is Codec<never> =>
  typeof value === 'object' && value !== null && 'decode' in value && 'maxBytes' in value

function decode(codec: Codec<never>, bytes: Uint8Array): 'refused' | 'accepted' {
  try {
    const message = codec.decode(bytes)
    expect(Buffer.compare(codec.encode(message), bytes), 'another encoding').to.equal(0)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    return 'refused'
  }
}

describe('fuzzed messages', function () {
  this.timeout(fuzzTimeoutMs())

  it('are of every kind', () => {
    const all = Object.values(messages as Record<string, unknown>).filter(isCodec)
    expect(all.map(({ name }) => name).filter(name => !codecs.some(codec => codec.name === name))).to.deep.equal([])
  })

  const foreign = encodings.map(({ bytes }) => bytes)
  for (const codec of codecs) {
    it(`of ${codec.name} are refused or have one encoding; none ends, holds up or fills a node`, async () => {
      const own = encodings.filter(one => one.codec === codec).map(({ bytes }) => bytes)
      const counts = { refused: 0, accepted: 0 }
      await fuzz(codec.name, mutated(own, foreign), bytes => {
        counts[decode(codec, bytes)]++
      })
      expect(counts.refused, 'the mutations reach the checks').to.be.above(runsOf() / 10)
      expect(counts.accepted, 'and what passes them').to.be.above(0)
    })
  }
})
