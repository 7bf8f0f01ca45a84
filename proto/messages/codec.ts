/**
 * Codecs of messages. A decoder accepts exactly one encoding of a message. Protobuf alone would also accept unknown
 * fields, repeated fields and padded varints. A message with many encodings would have many gossip ids.
 */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import { TOKEN_BYTES } from '../token.js'

export const KIB = 1024
const MAX_ITEMS = 4096

export type MessageErrorCode = 'too-large' | 'malformed' | 'not-canonical' | 'wrong-size'

/** A message that a node cannot accept. The peer is at fault, so the node never stops because of it. */
export class MessageError extends Error {
  constructor(
    readonly code: MessageErrorCode,
    readonly type: string,
    detail: string,
  ) {
    super(`${type}: ${detail}`)
    this.name = 'MessageError'
  }
}

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

/** Bytes fields of fixed length. An absent field decodes to 0 bytes, so it fails this check. */
const FIXED_BYTES: Record<string, number> = {
  sessionId: 32,
  tag: 8,
  controlTag: 8,
  headerKey: 16,
  provider: 20,
  nonce: 32,
  commitment: 32,
  root: 32,
  head: 32,
  key: 16,
  chunkRoot: 32,
  headerHash: 32,
  hash: 32,
  slotRoots: 32,
  treeRoot: 32,
  proof: 32,
  contract: 20,
  beacon: 32,
  receiverAccount: 20,
  schedule: 96,
  token: TOKEN_BYTES,
  blindedElements: 32,
  evaluatedElements: 32,
  evaluationProof: 64,
}

/**
 * @param name of the message in its .proto file
 * @param maxBytes the largest encoding that a decoder looks at
 * @param maxItems the most items that a repeated field may hold
 */
export function codec<T extends object>(name: string, maxBytes: number, maxItems = MAX_ITEMS): Codec<T> {
  const type = root.lookupType(`bandwitness.v1.${name}`)
  const encode = (message: T): Uint8Array => {
    const bytes = Uint8Array.from(type.encode(type.fromObject(message)).finish())
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    return bytes
  }
  const decode = (bytes: Uint8Array): T => {
    if (bytes.length > maxBytes) throw new MessageError('too-large', name, `${bytes.length} > ${maxBytes} bytes`)
    let decoded: protobuf.Message
    try {
      decoded = type.decode(Uint8Array.from(bytes))
    } catch (cause) {
      throw new MessageError('malformed', name, (cause as Error).message)
    }
    const again = type.encode(decoded).finish()
    if (Buffer.compare(again, bytes) !== 0) throw new MessageError('not-canonical', name, 'another encoding exists')
    const message = type.toObject(decoded, { arrays: true, defaults: true, oneofs: false }) as T
    checkSizes(type, message as Record<string, unknown>, maxItems)
    return message
  }
  return { name, maxBytes, encode, decode }
}

function checkSizes(type: protobuf.Type, message: Record<string, unknown>, maxItems: number): void {
  for (const oneof of type.oneofsArray) {
    if (oneof.isProto3Optional) continue
    if (!oneof.fieldsArray.some(field => message[field.name] !== undefined)) {
      throw new MessageError('malformed', type.name, `none of ${oneof.oneof.join(', ')} is set`)
    }
  }
  for (const field of type.fieldsArray) {
    field.resolve()
    const value = message[field.name]
    if (value === undefined) {
      if (field.partOf === null || field.partOf === undefined) {
        throw new MessageError('malformed', type.name, `${field.name} is missing`)
      }
      continue
    }
    const values = field.repeated ? (value as unknown[]) : [value]
    if (values.length > maxItems) throw new MessageError('wrong-size', type.name, `${values.length} ${field.name}`)
    for (const one of values) {
      if (field.resolvedType instanceof protobuf.Type) {
        if (one === null) throw new MessageError('malformed', type.name, `${field.name} is missing`)
        checkSizes(field.resolvedType, one as Record<string, unknown>, maxItems)
      } else if (field.type === 'bytes') {
        const expected = FIXED_BYTES[field.name]
        const { length } = one as Uint8Array
        if (expected !== undefined && length !== expected) {
          throw new MessageError('wrong-size', type.name, `${field.name} of ${length} bytes, not ${expected}`)
        }
      }
    }
  }
}
