/** What an encoding of a message type may look like: its fields, and what the limits allow each of them. */
import protobuf from 'protobufjs'
import { FIXED_BYTES, MAX_ITEMS } from './limits.js'

/** How a field's value is laid out. Packed items have one tag and one length for all of them. */
export type Layout =
  | 'varint'
  | 'fixed32'
  | 'double'
  | 'bytes'
  | 'message'
  | 'packed-varint'
  | 'packed-fixed32'
  | 'packed-double'

export interface FieldShape {
  readonly name: string
  /** fields are encoded in ascending order */
  readonly id: number
  readonly layout: Layout
  /** whether its tag may come more than once; that of packed items comes once */
  readonly repeated: boolean
  readonly maxItems: number
  /** undefined for any length */
  readonly fixedBytes: number | undefined
  /** of the sub-message */
  readonly shape: Shape | undefined
  /** name of the group of fields of which exactly one is set */
  readonly oneof: string | undefined
}

export interface Shape {
  readonly name: string
  /** by tag: field number and wire type */
  readonly fields: ReadonlyMap<number, FieldShape>
  /** fields that may not be left out: sub-messages, and bytes of fixed length */
  readonly required: readonly FieldShape[]
  readonly oneofs: readonly string[]
}

const WIRE_TYPE: Readonly<Record<Layout, number>> = {
  ...{ varint: 0, double: 1, bytes: 2, message: 2, fixed32: 5 },
  ...{ 'packed-varint': 2, 'packed-fixed32': 2, 'packed-double': 2 },
}
const SCALARS: Readonly<Record<string, 'varint' | 'fixed32' | 'double' | 'bytes'>> = {
  ...{
    uint32: 'varint',
    uint64: 'varint',
    bool: 'varint',
    fixed32: 'fixed32',
    double: 'double',
    string: 'bytes',
    bytes: 'bytes',
  },
}

const shapes = new Map<protobuf.Type, Shape>()

/** No type may hold itself. @throws Error if a repeated field has no limit, or a field has a type without a layout */
export function shapeOf(type: protobuf.Type): Shape {
  const known = shapes.get(type)
  if (known !== undefined) return known
  const fields = type.fieldsArray.map(field => [field, fieldShape(type, field.resolve())] as const)
  const shape: Shape = {
    name: type.name,
    fields: new Map(fields.map(([, field]) => [tagOf(field), field])),
    required: fields.filter(([field, shape]) => isRequired(field, shape)).map(([, shape]) => shape),
    oneofs: type.oneofsArray.filter(oneof => !oneof.isProto3Optional).map(({ name }) => name),
  }
  shapes.set(type, shape)
  return shape
}

const isRequired = (field: protobuf.Field, { layout, fixedBytes }: FieldShape): boolean =>
  !field.repeated && !field.partOf && (layout === 'message' || fixedBytes !== undefined)

const tagOf = ({ id, layout }: FieldShape): number => (id << 3) | WIRE_TYPE[layout]

function fieldShape(type: protobuf.Type, field: protobuf.Field): FieldShape {
  const { name, id, repeated, resolvedType, partOf } = field
  const path = `${type.name}.${name}`
  const single = resolvedType instanceof protobuf.Type ? 'message' : SCALARS[field.type]
  if (single === undefined) throw new Error(`${path} has a type without a layout: ${field.type}`)
  const maxItems = repeated ? MAX_ITEMS[path] : 1
  if (maxItems === undefined) throw new Error(`${path} has no limit of items`)
  const layout = repeated && single !== 'bytes' && single !== 'message' ? (`packed-${single}` as const) : single
  return {
    ...{ name, id, maxItems, layout },
    repeated: repeated && layout === single,
    fixedBytes: field.type === 'bytes' ? (FIXED_BYTES[path] ?? FIXED_BYTES[name]) : undefined,
    shape: resolvedType instanceof protobuf.Type ? shapeOf(resolvedType) : undefined,
    oneof: partOf && !partOf.isProto3Optional ? partOf.name : undefined,
  }
}
