/** Receipts signed and checked with EVM keys, for one network. */
import { recoverAddress, Signature, SigningKey } from 'ethers'
import type { VoucherSigner, VoucherVerifier } from '../../probe/ports.js'
import type { NetworkId } from '../../proto/digests.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { voucherDigest } from '../../proto/voucher.js'

export function voucherSigner(network: NetworkId, secret: Hex): VoucherSigner {
  const key = new SigningKey(secret)
  return { sign: async voucher => fromHex(key.sign(voucherDigest(network, voucher)).serialized) }
}

/** @param account whose key must have signed */
export const voucherVerifier =
  (network: NetworkId, account: Hex): VoucherVerifier =>
  async (voucher, signature) => {
    try {
      // Only the encoding that a signer makes: a second encoding of one signature would be a second voucher.
      const parsed = Signature.from(toHex(signature))
      if (parsed.serialized !== toHex(signature)) return false
      return recoverAddress(voucherDigest(network, voucher), parsed).toLowerCase() === account.toLowerCase()
    } catch {
      return false // wrong length, or not a point of the curve: no worse than a wrong signature
    }
  }
