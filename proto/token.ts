/**
 * A token for one opening of a session. The provider issued it without seeing it, so nobody can tell to whom.
 *
 * token  era 4, big-endian | input 32, random | output 64, of the provider's POPRF
 */
import { concatBytes } from '@noble/hashes/utils.js'
import type { NetworkId } from './digests.js'
import { keccak, keccakText, keccakWords } from './hash.js'
import { fromHex, type Hex } from './hex.js'

const ERA_BYTES = 4
export const TOKEN_INPUT_BYTES = 32
const OUTPUT_BYTES = 64
export const TOKEN_BYTES = ERA_BYTES + TOKEN_INPUT_BYTES + OUTPUT_BYTES

/** In an opening without a token, which so has the same length. Eras count from 1, so no token is all zeros. */
export const NO_TOKEN: Uint8Array = new Uint8Array(TOKEN_BYTES)

export interface Token {
  readonly era: number
  readonly input: Uint8Array
  readonly output: Uint8Array
}

export function encodeToken({ era, input, output }: Token): Uint8Array {
  const head = new Uint8Array(ERA_BYTES)
  new DataView(head.buffer).setUint32(0, era)
  return concatBytes(head, input, output)
}

export function decodeToken(bytes: Uint8Array): Token {
  const era = new DataView(bytes.buffer, bytes.byteOffset, ERA_BYTES).getUint32(0)
  const outputAt = ERA_BYTES + TOKEN_INPUT_BYTES
  return { era, input: bytes.slice(ERA_BYTES, outputAt), output: bytes.slice(outputAt) }
}

export const isNoToken = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0)

const INFO = keccakText('bandwitness/v1/token')

/** The public input of the POPRF: a token is good for one network, one provider and one era. */
export const tokenInfo = ({ chainId, contract }: NetworkId, provider: Hex, era: number): Uint8Array =>
  fromHex(
    keccakWords(
      ['bytes32', 'uint256', 'address', 'address', 'uint64'],
      [INFO, BigInt(chainId), contract, provider, era],
    ),
  )

const ORDER = keccakText('bandwitness/v1/token-order')

/** What a channel's signer signs to have tokens. It names the elements, so that nobody else has others for it. */
export const tokenOrderDigest = (
  { chainId, contract }: NetworkId,
  { provider, channel, era, blindedElements }: TokenOrderTerms,
): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'address', 'bytes32', 'uint64', 'bytes32'],
    [ORDER, BigInt(chainId), contract, provider, channel, era, keccak(concatBytes(...blindedElements))],
  )

export interface TokenOrderTerms {
  readonly provider: Hex
  readonly channel: Hex
  readonly era: number
  /** of one length each */
  readonly blindedElements: readonly Uint8Array[]
}

const KEY_ENTRY = '/bandwitness-token-key/'
const KEY_TEXT = /^[0-9a-f]{64}$/

/**
 * How a provider announces its token key: as one more text beside its multiaddrs. Whoever does not know the form
 * leaves it out, as every text that is no multiaddr.
 */
export const tokenKeyEntry = (key: Hex): string => `${KEY_ENTRY}${key.slice(2)}`

/** The announced texts without token keys, and the first key among them. The key's form is right; it may be no point. */
export function splitAnnounced(texts: readonly string[]): {
  readonly multiaddrs: string[]
  readonly tokenKey: Hex | undefined
} {
  const entries = texts.filter(text => text.startsWith(KEY_ENTRY)).map(text => text.slice(KEY_ENTRY.length))
  const key = entries.find(entry => KEY_TEXT.test(entry))
  return {
    multiaddrs: texts.filter(text => !text.startsWith(KEY_ENTRY)),
    tokenKey: key === undefined ? undefined : `0x${key}`,
  }
}
