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
      // The one encoding that a signer makes: a second one of the same signature would be a second voucher.
      const parsed = Signature.from(toHex(signature))
      if (parsed.serialized !== toHex(signature)) return false
      return recoverAddress(voucherDigest(network, voucher), parsed).toLowerCase() === account.toLowerCase()
    } catch {
      return false // of a wrong length, or no point of the curve: the signer's fault, and no more than a wrong signature
    }
  }
