/**
 * The provider's receipts of one session, in the shape of vouchers (proto/voucher.ts). Receipts corroborate what the
 * receiver counted. They never set the rate.
 */
import { toHex, ZERO_HASH } from '../../proto/hex.js'
import type { CounterReceipt, Receipt } from '../../proto/messages.js'
import type { Voucher } from '../../proto/voucher.js'
import type { VoucherSigner, VoucherVerifier } from '../ports.js'
import { receiptHead, receiptSeed } from './statements.js'

/** The voucher that a provider's receipt signs, or a counter-signature. Nobody pays for a probe. */
export const voucherOf = (receipt: Omit<CounterReceipt, 'signature'>): Voucher => ({
  sessionId: toHex(receipt.sessionId),
  bytes: receipt.bytes,
  head: toHex(receipt.head),
  elapsedMs: receipt.elapsedMs,
  channel: receipt.channel === undefined ? ZERO_HASH : toHex(receipt.channel),
  total: receipt.total ?? 0,
})

/** A session may last longer than its receipts can say. */
const MOST_ELAPSED_MS = 0xffffffff

export class ReceiptChain {
  readonly #sessionId: Uint8Array
  #head: Uint8Array
  #sequence = 0

  constructor(sessionId: Uint8Array, tag: Uint8Array) {
    this.#sessionId = sessionId
    this.#head = receiptSeed(sessionId, tag)
  }

  /**
   * The receipt for everything forwarded since the previous receipt.
   * @param bytes of the session so far, at the IP layer
   * @param elapsedMs since the session was opened
   */
  async next(bytes: number, elapsedMs: number, signer: VoucherSigner): Promise<Receipt> {
    const receipt = {
      sessionId: this.#sessionId,
      sequence: ++this.#sequence,
      bytes,
      elapsedMs: Math.min(Math.round(elapsedMs), MOST_ELAPSED_MS),
    }
    const head = receiptHead(this.#head, bytes, receipt.elapsedMs)
    this.#head = head
    return { ...receipt, head, signature: await signer.sign(voucherOf({ ...receipt, head })) }
  }
}

/** What a receipt says besides its bytes, which a counter-signature repeats. */
export type ReceiptPoint = Pick<Receipt, 'sessionId' | 'head' | 'elapsedMs'>

/** Before the first receipt of a session. */
export const receiptStart = (sessionId: Uint8Array, tag: Uint8Array): ReceiptPoint => ({
  ...{ sessionId, elapsedMs: 0 },
  head: receiptSeed(sessionId, tag),
})

/**
 * The counter-signature of a provider's last receipt.
 * @param bytes that the receiver verified, at the IP layer
 * @param payment the channel that pays, and its bytes so far; undefined in a probe
 */
export async function counterSign(
  { sessionId, head, elapsedMs }: ReceiptPoint,
  bytes: number,
  signer: VoucherSigner,
  payment?: { readonly channel: Uint8Array; readonly total: number },
): Promise<CounterReceipt> {
  const counter = { sessionId, bytes, head, elapsedMs, ...payment }
  return { ...counter, signature: await signer.sign(voucherOf(counter)) }
}

/** Whether a counter-signature belongs to this receipt. Its signature, which shows who signed, is not checked here. */
export const isCounterOf = (counter: ReceiptPoint, last: ReceiptPoint): boolean =>
  Buffer.compare(counter.sessionId, last.sessionId) === 0 &&
  Buffer.compare(counter.head, last.head) === 0 &&
  counter.elapsedMs === last.elapsedMs

/**
 * The last signature covers all earlier receipts through the hash chain, so one check is enough.
 * @returns the head of the last receipt if the chain is whole and the provider signed it, else undefined
 */
export async function checkReceipts(
  receipts: readonly Receipt[],
  of: { readonly sessionId: Uint8Array; readonly tag: Uint8Array },
  provider: VoucherVerifier,
): Promise<Uint8Array | undefined> {
  const last = receipts.at(-1)
  if (!last) return undefined
  let head = receiptSeed(of.sessionId, of.tag)
  let bytes = 0
  for (const [i, receipt] of receipts.entries()) {
    head = receiptHead(head, receipt.bytes, receipt.elapsedMs)
    const isOurs = Buffer.compare(receipt.sessionId, of.sessionId) === 0
    const isNext = receipt.sequence === i + 1 && receipt.bytes >= bytes && Buffer.compare(head, receipt.head) === 0
    if (!isOurs || !isNext) return undefined
    bytes = receipt.bytes
  }
  return (await provider(voucherOf(last), last.signature)) ? head : undefined
}
