/**
 * The provider's side of tokens (RFC 9497): it evaluates elements that it cannot read, and later recognises the outputs. The public info (proto/token.ts) binds each
 * token to a network, a provider and an era.
 */
import { timingSafeEqual } from 'node:crypto'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { TokenIssue } from '../../proto/messages.js'
import type { Token } from '../../proto/token.js'
import type { RandomSource } from '../ports.js'
import { deriveKeyPair, Poprf } from './poprf.js'

const SEED_BYTES = 32
const LABEL = utf8ToBytes('bandwitness/v1/token-key')

export interface TokenKey {
  readonly secretKey: Uint8Array
  /** 32 bytes, announced on the chain */
  readonly publicKey: Uint8Array
}

/**
 * The key that belongs to an account: always the same, so a restart keeps it, and an honest provider cannot have two.
 * RFC 9497, section 3.2.1, with a seed that tells nothing about the account's key.
 */
export function tokenKeyOf(accountKey: Uint8Array): TokenKey {
  const seed = sha512(concatBytes(LABEL, accountKey)).slice(0, SEED_BYTES)
  return deriveKeyPair(seed, LABEL)
}

/** Issues and recognises the tokens of one era. */
export class EraKey {
  readonly #secretKey: Uint8Array
  readonly #poprf: Poprf

  /** @param info see `tokenInfo` */
  constructor({ secretKey }: TokenKey, info: Uint8Array) {
    this.#secretKey = secretKey
    this.#poprf = new Poprf(info)
  }

  /** About 0.7 ms for each element. @throws Error if one is not a ristretto255 element, or the identity */
  evaluate(blindedElements: readonly Uint8Array[], random: RandomSource): TokenIssue {
    const { evaluated, proof } = this.#poprf.evaluateBlinded(this.#secretKey, blindedElements, random)
    return { evaluatedElements: evaluated, evaluationProof: proof }
  }

  /** About 0.4 ms. */
  recognises({ input, output }: Token): boolean {
    return timingSafeEqual(this.#poprf.evaluate(this.#secretKey, input), output)
  }
}
