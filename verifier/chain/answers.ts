/**
 * A provider's answers to openers, signed and checked with the account's EVM key, for one network. What is signed is
 * ECDSA (secp256k1) over SHA-256, so that OpenSSL can check it: five times as fast as recovering the key from the
 * signature. The key is recovered once, since the chain knows only its hash.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { computeAddress, SigningKey } from 'ethers'
import type { AnswerSigner, AnswerVerifier } from '../../probe/ports.js'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { accountOf } from './account.js'
import { hex } from './contracts.js'

const DOMAIN = Buffer.from('bandwitness/v1/answer\n')
/** r and s. The signature has no third part: whoever checks it knows the account. */
const SIGNATURE_BYTES = 64
const WORD_BYTES = 32
/** Half the order of secp256k1 (SEC 2, section 2.4.1). */
const HALF_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n >> 1n

export function answerSigner(network: NetworkId, secret: Hex): AnswerSigner {
  const [key, account] = [new SigningKey(secret), accountOf(secret)]
  return {
    account,
    sign: async statement => {
      const { r, s } = key.sign(hashOf(signedBytes(network, account, statement)))
      return Buffer.concat([fromHex(r), fromHex(s)])
    },
  }
}

/** The verifiers of all providers of a network. They remember the keys of accounts. */
export class AnswerVerifiers {
  readonly #network: NetworkId
  readonly #keys = new Map<Hex, KeyObject>()

  constructor(network: NetworkId) {
    this.#network = network
  }

  of(account: Hex): AnswerVerifier {
    return {
      account,
      isSigned: async (statement, signature) => {
        const signed = signedBytes(this.#network, account, statement)
        if (!isCanonical(signature)) return false
        const known = this.#keys.get(account)
        if (known) return verify('sha256', signed, { key: known, dsaEncoding: 'ieee-p1363' }, signature)
        const point = signerPoint(hashOf(signed), signature, account)
        if (point !== undefined) this.#keys.set(account, keyOf(point))
        return point !== undefined
      },
    }
  }
}

function signedBytes({ chainId, contract }: NetworkId, account: Hex, statement: Uint8Array): Buffer {
  const chain = Buffer.alloc(WORD_BYTES)
  chain.writeBigUInt64BE(BigInt(chainId), WORD_BYTES - 8)
  return Buffer.concat([DOMAIN, chain, fromHex(contract), fromHex(account), statement])
}

const hashOf = (bytes: Uint8Array): Hex => toHex(createHash('sha256').update(bytes).digest())

/** The lower s, as signers make it. ethers refuses the other and OpenSSL does not, so nodes could disagree about it. */
const isCanonical = (signature: Uint8Array): boolean =>
  signature.length === SIGNATURE_BYTES && BigInt(partsOf(signature).s) <= HALF_ORDER

/** The uncompressed public key of an account, if it made the signature. */
function signerPoint(hash: Hex, signature: Uint8Array, account: Hex): Uint8Array | undefined {
  for (const v of [27, 28]) {
    try {
      const point = SigningKey.recoverPublicKey(hash, { ...partsOf(signature), v })
      if (hex(computeAddress(point)) === account) return fromHex(point)
    } catch {
      // no point of the curve: no worse than a wrong signature
    }
  }
  return undefined
}

const partsOf = (signature: Uint8Array): { r: Hex; s: Hex } => ({
  r: toHex(signature.subarray(0, WORD_BYTES)),
  s: toHex(signature.subarray(WORD_BYTES)),
})

function keyOf(point: Uint8Array): KeyObject {
  const coordinate = (from: number) => Buffer.from(point.subarray(from, from + WORD_BYTES)).toString('base64url')
  const key = { kty: 'EC', crv: 'secp256k1', x: coordinate(1), y: coordinate(1 + WORD_BYTES) }
  return createPublicKey({ format: 'jwk', key })
}
