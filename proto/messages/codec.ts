/**
 * Codecs of messages. A decoder accepts exactly one encoding of a message. Protobuf alone would also accept unknown
 * fields, repeated fields and padded varints. A message with many encodings would have many gossip ids.
 */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import { checkEncoding } from './check-encoding.js'
import { MessageError } from './message-error.js'
import { shapeOf } from './shape.js'

export interface Codec<T> {
  readonly name: string
  readonly maxBytes: number
  /** @throws MessageError `too-large` if the encoding exceeds `maxBytes` */
  encode(message: T): Uint8Array
  /** The result shares no memory with `bytes`. @throws MessageError */
  decode(bytes: Uint8Array): T
}

/** The files of one package, so that a message can name messages of another file. */
const FILES = ['relay', 'tokens', 'probe', 'transcript', 'gossip', 'sync', 'reach', 'equivocation', 'presence']
const root = new protobuf.Root()
for (const file of FILES) protobuf.parse(readFileSync(new URL(`./${file}.proto`, import.meta.url), 'utf8'), root)
root.resolveAll()

/**
 * @param name of the message in its .proto file
 * @param maxBytes the largest encoding that a decoder looks at
 */
export function codec<T extends object>(name: string, maxBytes: number): Codec<T> {
  const type = root.lookupType(`bandwitness.v1.${name}`)
  const shape = shapeOf(type)
  const encode = (message: T): Uint8Array => {
    const bytes = Uint8Array.from(type.encode(type.fromObject(message)).finish())
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    return bytes
  }
  const decode = (bytes: Uint8Array): T => {
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    checkEncoding(shape, bytes)
    let decoded: protobuf.Message
    try {
      decoded = type.decode(Uint8Array.from(bytes))
    } catch (cause) {
      throw new MessageError('malformed', name, (cause as Error).message)
    }
    const again = type.encode(decoded).finish()
    if (Buffer.compare(again, bytes) !== 0) throw new MessageError('not-canonical', name, 'another encoding exists')
    return type.toObject(decoded, { arrays: true, defaults: true, oneofs: false, longs: Number }) as T
  }
  return { name, maxBytes, encode, decode }
}
