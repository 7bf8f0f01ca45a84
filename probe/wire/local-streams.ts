/** Message streams between two parties in one process. */
import type { ProviderStream } from '../ports.js'

export type StreamPair = readonly [ProviderStream, ProviderStream]

/** Gives one end of a pair to a party of this process. @returns the other end */
export function connect([mine, theirs]: StreamPair, serve: (stream: ProviderStream) => unknown): ProviderStream {
  void serve(theirs)
  return mine
}

/**
 * The two ends of one stream. Closing one end ends both, once the messages already sent are read.
 * @param host the address that each end gives for the other
 */
export function streamPair(host: string): StreamPair {
  const queues = [new MessageQueue(), new MessageQueue()] as const
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

/** Messages on their way to one end of a stream. */
export class MessageQueue {
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
