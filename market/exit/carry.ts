/** What a stream and its destination send one another, through the tunnel's meter, until both are done. */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ON_ITS_WAY_MS, piecesOf } from '../core/pieces.js'
import type { Meter } from './meter.js'

/**
 * A client whose application has gone cancels the stream. What has passed the meter is on its bill, so it still goes to the
 * client, which counts it too: nothing stays unpaid by chance.
 * @param stream emits `cancelled` in place of an error if the client sends no more and wants no more
 */
export async function carry(stream: Duplex, socket: Socket, meter: Meter): Promise<void> {
  let isCancelled = false
  let late: NodeJS.Timeout | undefined
  stream.once('cancelled', () => {
    isCancelled = true
    socket.destroy()
    late = setTimeout(() => stream.destroy(), ON_ITS_WAY_MS)
  })
  const unlessCancelled = (error: unknown) => {
    if (!isCancelled) throw error
  }
  async function* fromSocket() {
    try {
      yield* piecesOf(socket)
    } catch (error) {
      unlessCancelled(error)
    }
  }
  // A destination that has said all it had may close while more comes for it. What it said still goes to the client.
  const unlessHeard = (error: unknown) => {
    if (!socket.readableEnded) unlessCancelled(error)
  }
  try {
    await Promise.all([
      pipeline(piecesOf(stream), meter.gate(), socket).catch(unlessHeard),
      pipeline(fromSocket, meter.gate(), stream),
    ])
  } finally {
    clearTimeout(late)
    socket.destroy()
    stream.destroy()
  }
}
