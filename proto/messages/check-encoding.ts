/**
 * Checks an encoding against the shape of its type, and builds nothing. A decoder that looked at its result instead would
 * first build a million empty sub-messages from 2 MiB. The check ends at the first field that is too much.
 */
import protobuf from 'protobufjs'
import { MessageError } from './message-error.js'
import type { FieldShape, Layout, Shape } from './shape.js'

/** Bytes of a packed item of fixed length. */
const ITEM_BYTES: Partial<Record<Layout, number>> = { 'packed-fixed32': 4, 'packed-double': 8 }
const CONTINUES = 0x80

/** Does not see varints that are padded, or text that is no UTF-8: encoding the result again does. @throws MessageError */
export function checkEncoding(shape: Shape, bytes: Uint8Array): void {
  const reader = protobuf.Reader.create(bytes)
  try {
    checkMessage(shape, reader, bytes.length)
  } catch (cause) {
    if (cause instanceof MessageError) throw cause
    throw new MessageError('malformed', shape.name, (cause as Error).message) // the reader ran out of bytes
  }
}

function checkMessage(shape: Shape, reader: protobuf.Reader, end: number): void {
  const set = new Set<string>()
  let last: FieldShape | undefined
  let items = 0
  while (reader.pos < end) {
    const field = shape.fields.get(reader.uint32())
    if (field === undefined) throw new MessageError('not-canonical', shape.name, 'a field that it does not have')
    if (field === last && !field.repeated) throw new MessageError('not-canonical', shape.name, `${field.name} twice`)
    if (last !== undefined && field.id < last.id) throw new MessageError('not-canonical', shape.name, 'out of order')
    items = field === last ? items + 1 : 1
    if (items > field.maxItems) throw tooMany(shape, field)
    last = field
    if (field.oneof !== undefined && set.has(field.oneof) && items === 1) {
      throw new MessageError('malformed', shape.name, `two of ${field.oneof}`)
    }
    set.add(field.oneof ?? field.name)
    checkValue(shape, field, reader, end)
  }
  if (reader.pos !== end) throw new MessageError('malformed', shape.name, 'a field runs over its end')
  for (const oneof of shape.oneofs) {
    if (!set.has(oneof)) throw new MessageError('malformed', shape.name, `no ${oneof} is set`)
  }
  for (const { name, layout } of shape.required) {
    if (!set.has(name)) {
      throw new MessageError(layout === 'message' ? 'malformed' : 'wrong-size', shape.name, `${name} is missing`)
    }
  }
}

function checkValue(shape: Shape, field: FieldShape, reader: protobuf.Reader, end: number): void {
  if (field.layout === 'varint') {
    reader.skip()
    return
  }
  if (field.layout === 'fixed32' || field.layout === 'double') {
    reader.skip(field.layout === 'double' ? 8 : 4)
    return
  }
  const length = reader.uint32()
  const valueEnd = reader.pos + length
  if (valueEnd > end) throw new MessageError('malformed', shape.name, `${field.name} runs over its end`)
  if (field.fixedBytes !== undefined && length !== field.fixedBytes) {
    throw new MessageError('wrong-size', shape.name, `${field.name} of ${length} bytes, not ${field.fixedBytes}`)
  }
  if (field.shape !== undefined) {
    checkMessage(field.shape, reader, valueEnd)
    return
  }
  if (field.layout !== 'bytes' && packedItems(field, reader, valueEnd) > field.maxItems) throw tooMany(shape, field)
  reader.skip(length)
}

/** Stops counting above the limit. */
function packedItems({ layout, maxItems }: FieldShape, { buf, pos }: protobuf.Reader, end: number): number {
  const itemBytes = ITEM_BYTES[layout]
  if (itemBytes !== undefined) return (end - pos) / itemBytes
  let items = 0
  for (let at = pos; at < end && items <= maxItems; at++) if (buf[at]! < CONTINUES) items++
  return items
}

const tooMany = (shape: Shape, { name, maxItems }: FieldShape): MessageError =>
  new MessageError('wrong-size', shape.name, `more than ${maxItems} ${name}`)
