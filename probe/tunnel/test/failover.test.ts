/** What an exit does about a leg that falls silent, before its client says a word. */
import { expect } from 'chai'
import { PING_MS } from '../constants.js'
import { ManualTime } from './fixtures/manual-time.js'
import { Pair } from './fixtures/pair.js'
import { IDEAL } from './fixtures/sim-network.js'

const DELAY_MS = 20
const BYTES = 200_000
const RATE_KBPS = 8000

describe('an exit', () => {
  it('in standby carries on over another leg, and repeats what the dead leg took along', async () => {
    const time = new ManualTime()
    const pair = await Pair.open({ time, mode: 'standby', onStream: stream => stream.end(Buffer.alloc(BYTES)) })
    const legs = [0, 1].map(() => pair.addLeg({ ...IDEAL, delayMs: DELAY_MS }, RATE_KBPS))
    const [first, second] = [legs[0]!, legs[1]!]
    const turn = async (ms: number) => {
      for (let i = 0; i < ms; i++) {
        time.turn(1)
        await new Promise(resolve => setImmediate(resolve)) // for QUIC, and for the stream
      }
    }
    try {
      let read = 0
      const stream = pair.openStream()
      stream.on('data', (bytes: Buffer) => {
        read += bytes.length
      })
      stream.end('x')
      while (read < BYTES / 4) await turn(PING_MS)
      first.provider.isStopped = true
      const before = { read, down: second.provider.delivered.down }
      while (!first.leg.isDead) await turn(1)
      // A word that the client says now is at the exit after DELAY_MS, and its answer here after as much again.
      await turn(2 * DELAY_MS - 5)
      expect(second.provider.delivered.down - before.down, 'carried, besides pongs').to.be.above(8000)
      expect(read - before.read, 'with the part that was missing').to.be.above(4000)
      while (read < BYTES) await turn(PING_MS)
    } finally {
      pair.close()
    }
  })
})
