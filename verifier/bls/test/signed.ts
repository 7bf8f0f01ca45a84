/** Signatures for tests: each of another key, made from a seed. */
import { keccakText } from '../../../proto/hash.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { Check } from '../check.js'
import { BlsSigner } from '../signer.js'

const SECRETS = 64
const signers = Array.from(
  { length: SECRETS },
  (_, i) => new BlsSigner(`0x00${keccakText(`signer ${i}`).slice(4)}` as Hex),
)

export const keyOf = (signer: number): Hex => toHex(signers[signer]!.publicKey128)

/** A right signature of one of 64 keys. */
export function signed(signer: number, text = `text of ${signer}`): Check {
  const digest = keccakText(text)
  return { keys: [keyOf(signer)], digest, signature: signers[signer]!.sign(digest) }
}

/** Well-formed, of another digest. */
export const wrong = (signer: number, text?: string): Check => ({
  ...signed(signer, text),
  signature: signed(signer, 'another text').signature,
})
