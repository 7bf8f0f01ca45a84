/**
 * Keccak-256 (the original padding, as Ethereum has it). An epoch of a large network takes some millions of hashes. So
 * callers with many inputs write them straight into `input`, and read the digest from `output`; docs/adr/0044 has the figures.
 */
import { INPUT_AT, keccakModule, RATE_BYTES, roundConstants, STATE_AT } from './keccak-code.js'

interface Memory {
  readonly buffer: ArrayBuffer
}

/** What this file uses of the global: its types come with those of the DOM, which no other file needs. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const { memory, absorb } = new WebAssembly.Instance(new WebAssembly.Module(keccakModule())).exports as {
  readonly memory: Memory
  absorb(end: number, isFirst: number): void
}
new BigUint64Array(memory.buffer).set(roundConstants())

export const DIGEST_BYTES = 32
const CAPACITY_BYTES = Math.floor((memory.buffer.byteLength - INPUT_AT) / RATE_BYTES) * RATE_BYTES

/** What `hashInput` hashes. */
export const input = new Uint8Array(memory.buffer, INPUT_AT, CAPACITY_BYTES)
export const inputWords = new Uint32Array(memory.buffer, INPUT_AT, CAPACITY_BYTES / 4)
/** The digest of the last hash. */
export const output = new Uint8Array(memory.buffer, STATE_AT, DIGEST_BYTES)
export const outputWords = new Uint32Array(memory.buffer, STATE_AT, DIGEST_BYTES / 4)

/** @param length bytes of `input`, which stay; those behind them do not. @param isFirst whether no other block came before */
export function hashInput(length: number, isFirst = true): void {
  const end = length - (length % RATE_BYTES) + RATE_BYTES
  // Word by word: to call `fill` for a few bytes takes longer.
  let at = length
  for (; at % 4 !== 0; at++) input[at] = 0
  for (let word = at / 4; word < end / 4; word++) inputWords[word] = 0
  input[length] = 0x01
  input[end - 1]! |= 0x80
  absorb(INPUT_AT + end, isFirst ? 1 : 0)
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  let at = 0
  for (; bytes.length - at >= CAPACITY_BYTES; at += CAPACITY_BYTES) {
    input.set(bytes.subarray(at, at + CAPACITY_BYTES))
    absorb(INPUT_AT + CAPACITY_BYTES, at === 0 ? 1 : 0)
  }
  input.set(at === 0 ? bytes : bytes.subarray(at))
  hashInput(bytes.length - at, at === 0)
  return output.slice()
}

/** Hashes the digest once more. */
export function hashOutput(): void {
  for (let i = 0; i < DIGEST_BYTES / 4; i++) inputWords[i] = outputWords[i]!
  hashInput(DIGEST_BYTES)
}
