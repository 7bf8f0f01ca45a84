/**
 * The signed form of a receipt. It is EIP-712 typed data, so a wallet can show it and a contract can take it as a
 * payment voucher. Within one session `bytes` only grows, so the newest receipt replaces all before it. The
 * provider signs the bytes that it forwarded. The receiver signs the same receipt over the bytes that it hashed. In a payment
 * channel, the signature of the channel's signer makes a receipt a payment for all bytes of the channel so far.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import type { NetworkId } from './digests.js'
import { DOMAIN } from './domains.js'
import { keccak, keccakText, keccakWords } from './hash.js'
import { fromHex, type Hex } from './hex.js'

export interface Voucher {
  /** of the session between the provider and one opener */
  readonly sessionId: Hex
  /** cumulative, IP layer */
  readonly bytes: number
  /** h_j: the hash chain over all receipts of the session so far */
  readonly head: Hex
  readonly elapsedMs: number
  /** the channel that pays for the bytes (see `Channel`); zero in a probe */
  readonly channel: Hex
  /** cumulative over all sessions of the channel, IP layer; zero in a probe */
  readonly total: number
}

const DOMAIN_TYPE = keccakText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const RECEIPT_TYPE = keccakText(
  'Receipt(bytes32 sessionId,uint64 bytes,bytes32 head,uint32 elapsedMs,bytes32 channel,uint64 total)',
)
const NAME = keccakText('Bandwitness')
const VERSION = keccakText('1')
const PREFIX = Uint8Array.of(0x19, 0x01)

/**
 * Digest that an EVM key signs. The verifying contract is `EpochReports`, which also names the network in other
 * digests.
 */
export const voucherDigest = (network: NetworkId, voucher: Voucher): Hex => {
  const { sessionId, bytes, head, elapsedMs, channel, total } = voucher
  return keccak(
    concatBytes(
      PREFIX,
      fromHex(
        keccakWords(
          ['bytes32', 'bytes32', 'bytes32', 'uint256', 'address'],
          [DOMAIN_TYPE, NAME, VERSION, BigInt(network.chainId), network.contract],
        ),
      ),
      fromHex(
        keccakWords(
          ['bytes32', 'bytes32', 'uint64', 'bytes32', 'uint32', 'bytes32', 'uint64'],
          [RECEIPT_TYPE, sessionId, bytes, head, elapsedMs, channel, total],
        ),
      ),
    ),
  )
}

/** A payment channel, as it was opened: a user's tokens that pay one account for traffic. None of it changes. */
export interface Channel {
  /** of the escrow's channels, in the order of their opening */
  readonly number: number
  /** the account that opened it, and gets back what is left */
  readonly payer: Hex
  /** the account that is paid */
  readonly payee: Hex
  /** the account whose key signs receipts for the payer */
  readonly signer: Hex
  /** wei for 2^30 bytes */
  readonly price: bigint
}

/** A price is for so many bytes. */
export const PRICED_BYTES = 2n ** 30n

/** Wei for so many bytes, whatever was put in. @param price wei for 2^30 bytes */
export const priceOf = (bytes: number, price: bigint): bigint => (BigInt(bytes) * price) / PRICED_BYTES

/** The id that receipts name. @param escrow which contract: a receipt is void at any other */
export const channelId = (
  escrow: { readonly chainId: number; readonly contract: Hex },
  { number, payer, payee, signer, price }: Channel,
): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'uint64', 'address', 'address', 'address', 'uint256'],
    [DOMAIN.channel, BigInt(escrow.chainId), escrow.contract, number, payer, payee, signer, price],
  )
