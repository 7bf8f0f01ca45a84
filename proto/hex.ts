import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Lower-case hexadecimal with a `0x` prefix: the form of hashes, addresses and keys in records, logs and JSON. */
export type Hex = `0x${string}`

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`

export const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`

/** @throws if `hex` has an odd length or a character that is not a hexadecimal digit */
export const fromHex = (hex: string): Uint8Array => hexToBytes(hex.startsWith('0x') ? hex.slice(2) : hex)
