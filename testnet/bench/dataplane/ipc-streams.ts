/** Any number of message streams between two processes, over the channel that Node gives a child. */
import type { MessageStream } from '../../../probe/ports.js'
import { Inbox } from '../../process/inbox.js'

/** A message on the channel. Without `bytes` the stream ends. */
export interface StreamMessage {
  readonly stream: number
  /** in the first message of a stream only: what the stream is for */
  readonly purpose?: string
  readonly bytes?: Uint8Array
}

export class IpcStreams {
  readonly #send: (message: StreamMessage) => void
  readonly #onOpen: (stream: MessageStream, purpose: string) => void
  readonly #open = new Map<number, { put(bytes: Uint8Array): void; end(): void }>()
  #ids = 0

  /** @param onOpen called for every stream that the other end opens */
  constructor(send: (message: StreamMessage) => void, onOpen: (stream: MessageStream, purpose: string) => void) {
    this.#send = send
    this.#onOpen = onOpen
  }

  open(purpose: string): MessageStream {
    const id = ++this.#ids
    this.#send({ stream: id, purpose })
    return this.#make(id)
  }

  /** A message has come over the channel. */
  take({ stream, purpose, bytes }: StreamMessage): void {
    if (purpose !== undefined) this.#onOpen(this.#make(stream), purpose)
    else if (bytes) this.#open.get(stream)?.put(bytes)
    else this.#open.get(stream)?.end()
  }

  #make(id: number): MessageStream {
    const inbox = new Inbox<Uint8Array>()
    let ended = false
    const end = () => {
      ended = true
      this.#open.delete(id)
      inbox.end()
    }
    this.#open.set(id, { put: bytes => inbox.put(bytes), end })
    return {
      send: async bytes => {
        if (ended) throw new Error('the stream is closed')
        this.#send({ stream: id, bytes })
      },
      receive: () => inbox.next(),
      close: async () => {
        if (ended) return
        end()
        this.#send({ stream: id })
      },
    }
  }
}
