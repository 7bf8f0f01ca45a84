/** Two ends of a message stream inside one process, with a delay each way. */

import type { ProviderStream } from '../../probe/ports.js'
import { streamPair as promptPair } from '../../probe/wire/local-streams.js'
import { DelayLine } from './delay-line.js'
import { monotonicMs } from './monotonic.js'

/** Closing one end ends both, when all that was sent has been read. */
export function streamPair(delayMs: number, host: string): [ProviderStream, ProviderStream] {
  const ends = promptPair(host)
  if (delayMs === 0) return ends
  const line = new DelayLine()
  // What comes to an end that has closed meanwhile is lost, as it is on any path.
  const later = (act: () => Promise<void>) => line.put(monotonicMs() + delayMs, () => void act().catch(() => {}))
  const delayed = (end: ProviderStream): ProviderStream => {
    let closed = false
    return {
      remoteHost: end.remoteHost,
      async send(message) {
        if (closed) throw new Error('the stream is closed')
        const copy = Uint8Array.from(message)
        later(() => end.send(copy))
      },
      receive: () => end.receive(),
      async close() {
        closed = true
        later(() => end.close())
      },
    }
  }
  return [delayed(ends[0]), delayed(ends[1])]
}
