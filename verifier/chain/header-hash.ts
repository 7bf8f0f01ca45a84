/**
 * Whether a block's fields are those that its hash stands for. So a chain node cannot name another randomness or another
 * time for a block whose hash is known. Pure.
 */
import { encodeRlp, keccak256, toBeArray } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { hex } from './contracts.js'

type Kind = 'bytes' | 'number'

/** The header, in the order in which it is hashed: the yellow paper's fields, then those of EIP-1559, 4895, 4844, 4788, 7685. */
const FIELDS: readonly (readonly [name: string, kind: Kind])[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'number'],
  ['number', 'number'],
  ['gasLimit', 'number'],
  ['gasUsed', 'number'],
  ['timestamp', 'number'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
  ['baseFeePerGas', 'number'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'number'],
  ['excessBlobGas', 'number'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
]
/** What a chain node tells of a block beside its header. */
const BESIDE = ['hash', 'size', 'totalDifficulty', 'transactions', 'uncles', 'withdrawals']
const KNOWN = new Set([...FIELDS.map(([name]) => name), ...BESIDE])

/** A block as JSON-RPC tells it. */
export type RawBlock = Readonly<Record<string, unknown>>

/**
 * Undefined for a block of another kind of chain, or of a later version of this one: a field that is unknown here may be part
 * of the header.
 */
export function hashOfHeader(block: RawBlock): Hex | undefined {
  if (Object.keys(block).some(name => !KNOWN.has(name))) return undefined
  try {
    const fields = FIELDS.filter(([name]) => block[name] !== undefined && block[name] !== null)
    return hex(keccak256(encodeRlp(fields.map(([name, kind]) => encoded(block[name], kind)))))
  } catch {
    return undefined // not in hexadecimal digits
  }
}

/** A number has no zeros before it. */
const encoded = (value: unknown, kind: Kind): string | Uint8Array =>
  kind === 'bytes' ? String(value) : toBeArray(BigInt(String(value)))
