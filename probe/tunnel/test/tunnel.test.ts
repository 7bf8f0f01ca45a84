/** A client and an exit over a network in memory. quiche keeps its own time, so these tests run in real time. */
import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { MODES } from '../bodies.js'
import { Pair } from './fixtures/pair.js'
import { IDEAL } from './fixtures/sim-network.js'

const BIG = randomBytes(10_000_000)
const BIG_HASH = createHash('sha256').update(BIG).digest('hex')

async function hashOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

describe('a tunnel', () => {
  for (const mode of MODES) {
    it(`carries 10 MB each way in mode ${mode}`, async () => {
      const pair = await Pair.open({ mode, onStream: stream => stream.pipe(stream) })
      pair.addLeg(IDEAL)
      pair.addLeg(IDEAL)
      await pair.client.established
      const stream = pair.client.openStream()
      stream.end(BIG)
      expect(await hashOf(stream)).to.equal(BIG_HASH)
      pair.close()
      expect(await pair.client.closed).to.deep.equal({ why: 'closed' })
    })
  }
})
