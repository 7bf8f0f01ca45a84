/** A message stream inside one process, whose messages take their time. */

import type { ProviderStream } from '../../probe/index.js'
import { monotonicMs } from '../../probe/plane/clock.js'
import { type StreamPair, streamPair } from '../../probe/wire/local-streams.js'
import { DelayLine } from './delay-line.js'

/**
 * The two ends of one stream, each way with the delay. Closing one end ends both, once the messages already sent are
 * read.
 */
export function delayedPair(delayMs: number, host: string): StreamPair {
  const [one, other] = streamPair(host)
  if (delayMs === 0) return [one, other]
  const line = new DelayLine()
  // A message to an end that has closed in the meantime is lost, as it is on any path.
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
  return [delayed(one), delayed(other)]
}
