import { hexToBytes } from '@noble/hashes/utils.js'

/** Lower-case hexadecimal with a `0x` prefix: the form of hashes, addresses and keys in records, logs and JSON. */
export type Hex = `0x${string}`

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`

const DIGITS = Uint8Array.from('0123456789abcdef', digit => digit.charCodeAt(0))
const ASCII = new TextDecoder('latin1')
/** The text of a hash or an address is made here. */
const short = Uint8Array.from('0x'.padEnd(2 + 2 * 32), letter => letter.charCodeAt(0))

/** In one piece: a string that grows digit by digit takes many times the memory of its text. */
export function toHex(bytes: Uint8Array): Hex {
  const length = 2 + 2 * bytes.length
  const text = length <= short.length ? short : new Uint8Array(length)
  if (text !== short) text.set(short.subarray(0, 2))
  for (let i = 0, to = 2; i < bytes.length; i++) {
    text[to++] = DIGITS[bytes[i]! >> 4]!
    text[to++] = DIGITS[bytes[i]! & 15]!
  }
  return ASCII.decode(length === text.length ? text : text.subarray(0, length)) as Hex
}

/** @throws if `hex` has an odd length or a character that is not a hexadecimal digit */
export const fromHex = (hex: string): Uint8Array => hexToBytes(hex.startsWith('0x') ? hex.slice(2) : hex)

/** Writes the bytes of a well-formed text. @returns false if a character is no hexadecimal digit; part of it may be written */
export function writeHex(out: Uint8Array, at: number, hex: Hex): boolean {
  for (let digit = 2, to = at; digit < hex.length; digit += 2, to++) {
    const high = digitValue(hex.charCodeAt(digit))
    const low = digitValue(hex.charCodeAt(digit + 1))
    if (high < 0 || low < 0) return false
    out[to] = (high << 4) | low
  }
  return true
}

/** Of a digit's character code; −1 if it is none. */
function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}
