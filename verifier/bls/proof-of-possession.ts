import { proofOfPossessionDigest } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import { g2ToEip2537 } from './encoding.js'
import type { BlsSigner } from './signer.js'

/** Proves to one registry on one chain that `account` holds the secret of the key. @returns 256 bytes, EIP-2537 G2 */
export function proveOfPossession(signer: BlsSigner, chainId: number, registry: Hex, account: Hex): Uint8Array {
  const digest = proofOfPossessionDigest(chainId, registry, account, signer.publicKey128)
  return g2ToEip2537(signer.sign(digest))
}
