import { utf8ToBytes } from '@noble/hashes/utils.js'
import { type AbiType, encodeWords } from './abi.js'
import { type Hex, toHex } from './hex.js'
import { keccak256 } from './keccak.js'

export const keccak = (bytes: Uint8Array): Hex => toHex(keccak256(bytes))

export const keccakText = (text: string): Hex => keccak(utf8ToBytes(text))

/** `keccak256(abi.encode(…))` over static types. */
export const keccakWords = (types: readonly AbiType[], values: readonly unknown[]): Hex =>
  keccak(encodeWords(types, values))
