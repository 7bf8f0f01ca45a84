/** Message streams between two processes over the channel that Node gives a child: as many as are opened. */
import type { MessageStream } from '../../../probe/ports.js'

/** What crosses the channel. `bytes` absent: the stream ends. */
export interface StreamMessage {
  readonly stream: number
  /** the first message of a stream says what it is for */
  readonly purpose?: string
  readonly bytes?: Uint8Array
}

export class IpcStreams {
  readonly #send: (message: StreamMessage) => void
  readonly #onOpen: (stream: MessageStream, purpose: string) => void
  readonly #open = new Map<number, { put(bytes: Uint8Array): void; end(): void }>()
  #ids = 0

  /** @param onOpen called for a stream that the other end has opened */
  constructor(send: (message: StreamMessage) => void, onOpen: (stream: MessageStream, purpose: string) => void) {
    this.#send = send
    this.#onOpen = onOpen
  }

  open(purpose: string): MessageStream {
    const id = ++this.#ids
    this.#send({ stream: id, purpose })
    return this.#make(id)
  }

  /** Something has come over the channel. */
  take({ stream, purpose, bytes }: StreamMessage): void {
    if (purpose !== undefined) this.#onOpen(this.#make(stream), purpose)
    else if (bytes) this.#open.get(stream)?.put(bytes)
    else this.#open.get(stream)?.end()
  }

  #make(id: number): MessageStream {
    const waiting: Uint8Array[] = []
    const takers: ((bytes: Uint8Array | undefined) => void)[] = []
    let ended = false
    const end = () => {
      ended = true
      this.#open.delete(id)
      for (const taker of takers.splice(0)) taker(undefined)
    }
    const put = (bytes: Uint8Array) => {
      const taker = takers.shift()
      if (taker) taker(bytes)
      else waiting.push(bytes)
    }
    this.#open.set(id, { put, end })
    return {
      send: async bytes => {
        if (ended) throw new Error('the stream is closed')
        this.#send({ stream: id, bytes })
      },
      receive: () =>
        waiting.length > 0 || ended ? Promise.resolve(waiting.shift()) : new Promise(resolve => takers.push(resolve)),
      close: async () => {
        if (ended) return
        end()
        this.#send({ stream: id })
      },
    }
  }
}
