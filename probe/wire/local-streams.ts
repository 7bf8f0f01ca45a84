/** A message stream between two parties in one process. */
import type { ProviderStream } from '../ports.js'

/**
 * Its two ends. Closing one end ends both, as soon as what was sent is read.
 * @param host where either end says that the other is
 */
export function streamPair(host: string): [ProviderStream, ProviderStream] {
  const queues = [new Queue(), new Queue()] as const
  const end = (mine: 0 | 1): ProviderStream => ({
    remoteHost: host,
    send: async message => queues[mine === 0 ? 1 : 0].put(Uint8Array.from(message)),
    receive: () => queues[mine].take(),
    close: async () => {
      for (const queue of queues) queue.end()
    },
  })
  return [end(0), end(1)]
}

class Queue {
  readonly #messages: Uint8Array[] = []
  readonly #takers: ((message: Uint8Array | undefined) => void)[] = []
  #ended = false

  put(message: Uint8Array): void {
    if (this.#ended) throw new Error('the stream is closed')
    const taker = this.#takers.shift()
    if (taker) taker(message)
    else this.#messages.push(message)
  }

  take(): Promise<Uint8Array | undefined> {
    if (this.#messages.length > 0 || this.#ended) return Promise.resolve(this.#messages.shift())
    return new Promise(resolve => this.#takers.push(resolve))
  }

  end(): void {
    this.#ended = true
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}
