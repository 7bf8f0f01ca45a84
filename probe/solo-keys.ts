/** Fresh keys for one party of a solo session. */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { NetworkId } from '../proto/digests.js'
import { fromHex, toHex } from '../proto/hex.js'
import { type Voucher, voucherDigest } from '../proto/voucher.js'
import type { AnswerSigner, AnswerVerifier, PeerSigner, PeerVerifier, VoucherSigner, VoucherVerifier } from './ports.js'

export interface SoloKeys {
  /** Ed25519, as libp2p keys are */
  readonly signer: PeerSigner
  readonly verifier: PeerVerifier
  readonly voucherSigner: VoucherSigner
  readonly vouchers: VoucherVerifier
  readonly answerSigner: AnswerSigner
  readonly answers: AnswerVerifier
}

const NO_NETWORK: NetworkId = { chainId: 0, contract: `0x${'00'.repeat(20)}` }
const ACCOUNT_BYTES = 20
/** r, s and v of a voucher's signature */
const VOUCHER_SIGNATURE_BYTES = 65

/**
 * No contract redeems the receipts of a solo session. So the Ed25519 key signs them too, in place of an EVM key, and
 * zeros fill the signature up to the length of an EVM one. It also signs the provider's answers, and its hash is the
 * provider's account. Where accounts are real, put the signers and verifiers of an EVM key in place of these four.
 */
export function soloKeys(): SoloKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const signed = (digest: Uint8Array): Uint8Array => sign(null, digest, privateKey)
  const verified = (digest: Uint8Array, signature: Uint8Array): boolean => verify(null, digest, publicKey, signature)
  const signatureBytes = signed(new Uint8Array()).length
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const account = toHex(createHash('sha256').update(der).digest().subarray(0, ACCOUNT_BYTES))
  return {
    signer: { sign: async digest => signed(digest) },
    verifier: async (digest, signature) => verified(digest, signature),
    voucherSigner: {
      sign: async voucher => {
        const signature = new Uint8Array(VOUCHER_SIGNATURE_BYTES)
        signature.set(signed(digestOf(voucher)))
        return signature
      },
    },
    vouchers: async (voucher, signature) => verified(digestOf(voucher), signature.subarray(0, signatureBytes)),
    answerSigner: { account, sign: async statement => signed(statement) },
    answers: { account, isSigned: async (statement, signature) => verified(statement, signature) },
  }
}

const digestOf = (voucher: Voucher): Uint8Array => fromHex(voucherDigest(NO_NETWORK, voucher))
