/** Two ends of a message stream inside one process, with a delay each way. */
import type { ProviderStream } from '../../probe/ports.js'
import { DelayLine } from './delay-line.js'
import { monotonicMs } from './monotonic.js'

/** Closing one end ends both, when all that was sent has been read. */
export function streamPair(delayMs: number, host: string): [ProviderStream, ProviderStream] {
  const line = new DelayLine()
  const queues = [new Queue(), new Queue()] as const
  const later = (act: () => void) => (delayMs > 0 ? line.put(monotonicMs() + delayMs, act) : act())
  const end = (mine: 0 | 1): ProviderStream => ({
    remoteHost: host,
    async send(message) {
      if (queues[mine].ended) throw new Error('the stream is closed')
      const copy = Uint8Array.from(message)
      later(() => queues[1 - mine]!.put(copy))
    },
    receive: () => queues[mine].take(),
    async close() {
      queues[mine].end()
      later(() => queues[1 - mine]!.end())
    },
  })
  return [end(0), end(1)]
}

class Queue {
  readonly #messages: Uint8Array[] = []
  readonly #takers: ((message: Uint8Array | undefined) => void)[] = []
  ended = false

  put(message: Uint8Array): void {
    if (this.ended) return
    const taker = this.#takers.shift()
    if (taker) taker(message)
    else this.#messages.push(message)
  }

  take(): Promise<Uint8Array | undefined> {
    if (this.#messages.length > 0 || this.ended) return Promise.resolve(this.#messages.shift())
    return new Promise(resolve => this.#takers.push(resolve))
  }

  end(): void {
    this.ended = true
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}
