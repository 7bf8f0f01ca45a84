/** Receipts signed and checked with EVM keys, for one network. */
import { recoverAddress, Signature, SigningKey } from 'ethers'
import type { VoucherSigner, VoucherVerifier } from '../../probe/ports.js'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { type Voucher, voucherDigest } from '../../proto/voucher.js'
import { hex } from './contracts.js'

export function voucherSigner(network: NetworkId, secret: Hex): VoucherSigner {
  const sign = digestSigner(secret)
  return { sign: async voucher => sign(voucherDigest(network, voucher)) }
}

/** Signs digests of 32 bytes. @returns r, s and v */
export function digestSigner(secret: Hex): (digest: Hex) => Uint8Array {
  const key = new SigningKey(secret)
  return digest => fromHex(key.sign(digest).serialized)
}

/** The account whose key signed. @param signature r, s and v. @returns undefined for what is no signature */
export function voucherSignerOf(network: NetworkId, voucher: Voucher, signature: Uint8Array): Hex | undefined {
  // Nobody signs for more bytes, and a message can state them.
  if (voucher.bytes > Number.MAX_SAFE_INTEGER || voucher.total > Number.MAX_SAFE_INTEGER) return undefined
  return digestSignerOf(voucherDigest(network, voucher), signature)
}

/** As `voucherSignerOf`. */
export function digestSignerOf(digest: Hex, signature: Uint8Array): Hex | undefined {
  try {
    // Only the encoding that a signer makes: a second encoding of one signature would be a second voucher.
    const parsed = Signature.from(toHex(signature))
    if (parsed.serialized !== toHex(signature)) return undefined
    return hex(recoverAddress(digest, parsed))
  } catch {
    return undefined // wrong length, or not a point of the curve: no worse than a wrong signature
  }
}

/** @param account whose key must have signed */
export const voucherVerifier =
  (network: NetworkId, account: Hex): VoucherVerifier =>
  async (voucher, signature) =>
    voucherSignerOf(network, voucher, signature) === hex(account)
