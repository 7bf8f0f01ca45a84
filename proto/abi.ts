/**
 * ABI encoding of records whose fields are all static. Each field takes one 32-byte word, as with `abi.encode` in
 * Solidity. This code packs bytes directly, because it encodes whole trees of leaves: a general encoder took minutes
 * for a tree, and this code takes a second.
 */
import { fromHex, type Hex, toHex, writeHex } from './hex.js'

export type AbiType = 'bool' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'uint256' | 'address' | 'bytes32'

export type AbiFields = readonly (readonly [name: string, type: AbiType])[]

/** The TypeScript side of a static ABI type. `uint64` values must be safe integers. */
export type AbiValue<T extends AbiType> = T extends 'bool'
  ? boolean
  : T extends 'uint256'
    ? bigint
    : T extends 'address' | 'bytes32'
      ? Hex
      : number

export type AbiRecord<F extends AbiFields> = { [E in F[number] as E[0]]: AbiValue<E[1]> }

const WORD_BYTES = 32
const ADDRESS_BYTES = 20
/** 2^53 − 1 has so many. */
const SAFE_BYTES = 7
const LIMITS: Record<'uint8' | 'uint16' | 'uint32' | 'uint64', number> = {
  uint8: 0xff,
  uint16: 0xffff,
  uint32: 0xffffffff,
  uint64: Number.MAX_SAFE_INTEGER,
}

/** @throws RangeError if a value does not fit its type */
export function encodeWords(types: readonly AbiType[], values: readonly unknown[]): Uint8Array {
  if (types.length !== values.length)
    throw new RangeError(`There are ${types.length} types but ${values.length} values.`)
  const out = new Uint8Array(types.length * WORD_BYTES)
  for (let i = 0; i < types.length; i++) writeWord(out, i * WORD_BYTES, types[i]!, values[i])
  return out
}

export function encodeRecord<F extends AbiFields>(fields: F, record: AbiRecord<F>): Uint8Array {
  const out = new Uint8Array(fields.length * WORD_BYTES)
  const values = record as Record<string, unknown>
  for (let i = 0; i < fields.length; i++) writeWord(out, i * WORD_BYTES, fields[i]![1], values[fields[i]![0]])
  return out
}

/** Inverse of `encodeRecord`. @throws RangeError on a wrong length or on padding that is not zero */
export function decodeRecord<F extends AbiFields>(fields: F, bytes: Uint8Array): AbiRecord<F> {
  if (bytes.length !== fields.length * WORD_BYTES) {
    throw new RangeError(`The record has ${bytes.length} bytes; expected ${fields.length * WORD_BYTES}.`)
  }
  const record: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i++) record[fields[i]![0]] = readWord(bytes, i * WORD_BYTES, fields[i]![1])
  return record as AbiRecord<F>
}

function writeWord(out: Uint8Array, at: number, type: AbiType, value: unknown): void {
  switch (type) {
    case 'bool':
      out[at + 31] = value ? 1 : 0
      return
    case 'uint256':
      writeBigUint(out, at, value as bigint)
      return
    case 'address':
      writeBytes(out, at + WORD_BYTES - ADDRESS_BYTES, value as Hex, ADDRESS_BYTES)
      return
    case 'bytes32':
      writeBytes(out, at, value as Hex, WORD_BYTES)
      return
    default: {
      const n = value as number
      if (!Number.isSafeInteger(n) || n < 0 || n > LIMITS[type]) throw new RangeError(`${n} is not a ${type}.`)
      writeSafeUint(out, at, n)
    }
  }
}

function writeBytes(out: Uint8Array, at: number, hex: Hex, length: number): void {
  if (hex.length === 2 + 2 * length && writeHex(out, at, hex)) return
  const bytes = fromHex(hex)
  if (bytes.length !== length) throw new RangeError(`${hex} has ${bytes.length} bytes; expected ${length}.`)
  out.set(bytes, at)
}

/** Writes a word over whatever stands there. @param value a safe integer that is not negative */
export function writeUint(out: Uint8Array, at: number, value: number): void {
  out.fill(0, at, at + WORD_BYTES)
  writeSafeUint(out, at, value)
}

/** Writes a word over whatever stands there: an address's 20 bytes. */
export function writeAddress(out: Uint8Array, at: number, address: Hex): void {
  out.fill(0, at, at + WORD_BYTES)
  writeBytes(out, at + WORD_BYTES - ADDRESS_BYTES, address, ADDRESS_BYTES)
}

function writeSafeUint(out: Uint8Array, at: number, value: number): void {
  if (value <= LIMITS.uint32) {
    for (let i = at + WORD_BYTES - 1, rest = value; rest !== 0; i--, rest >>>= 8) out[i] = rest & 0xff
    return
  }
  for (let i = at + WORD_BYTES - 1, rest = value; rest !== 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256
}

function writeBigUint(out: Uint8Array, at: number, value: bigint): void {
  if (value < 0n || value >> 256n !== 0n) throw new RangeError(`${value} is not a uint256.`)
  let rest = value
  for (let i = at + 31; rest !== 0n; i--) {
    out[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

function readWord(bytes: Uint8Array, at: number, type: AbiType): unknown {
  const end = at + WORD_BYTES
  if (type === 'bytes32') return toHex(bytes.subarray(at, end))
  if (type === 'address') {
    for (let i = at; i < end - ADDRESS_BYTES; i++)
      if (bytes[i] !== 0) throw new RangeError('The padding of an address is not zero.')
    return toHex(bytes.subarray(end - ADDRESS_BYTES, end))
  }
  if (type === 'uint256') return BigInt(toHex(bytes.subarray(at, end)))
  const value = safeUint(bytes, at)
  if (value === undefined || value > (type === 'bool' ? 1 : LIMITS[type]))
    throw new RangeError(`${BigInt(toHex(bytes.subarray(at, end)))} is not a ${type}.`)
  return type === 'bool' ? value === 1 : value
}

/** The value of a word, if it is a safe integer: much faster than by way of a bigint. */
function safeUint(bytes: Uint8Array, at: number): number | undefined {
  const first = at + WORD_BYTES - SAFE_BYTES
  for (let i = at; i < first; i++) if (bytes[i] !== 0) return undefined
  let value = 0
  for (let i = first; i < at + WORD_BYTES; i++) value = value * 256 + bytes[i]!
  return Number.isSafeInteger(value) ? value : undefined
}
