/** Message streams between two processes over the channel that Node gives a child: as many as are opened. */
import type { MessageStream } from '../../../probe/index.js'
import { MessageQueue } from '../../../probe/wire/local-streams.js'

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
  readonly #open = new Map<number, MessageQueue>()
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
    else this.#end(stream)
  }

  #make(id: number): MessageStream {
    const incoming = new MessageQueue()
    this.#open.set(id, incoming)
    return {
      send: async bytes => {
        if (!this.#open.has(id)) throw new Error('the stream is closed')
        this.#send({ stream: id, bytes })
      },
      receive: () => incoming.take(),
      close: async () => {
        if (!this.#end(id)) return
        this.#send({ stream: id })
      },
    }
  }

  /** @returns whether the stream was open */
  #end(id: number): boolean {
    this.#open.get(id)?.end()
    return this.#open.delete(id)
  }
}
