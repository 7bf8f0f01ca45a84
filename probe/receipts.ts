/** The provider's receipts of one session. They corroborate what the receiver counted; they never set the rate. */
import { createHash, type Hash } from 'node:crypto'
import { IP_UDP_HEADER_BYTES } from '../proto/datagram.js'
import type { Receipt } from '../proto/messages.js'
import { RECEIPT_BYTES } from './constants.js'
import type { PeerSigner, PeerVerifier } from './ports.js'
import { receiptHead, receiptSeed } from './statements.js'

export class ReceiptChain {
  readonly #sessionId: Uint8Array
  #head: Uint8Array
  #hash: Hash = createHash('sha256')
  #sequence = 0
  #bytes = 0
  #receiptedBytes = 0

  constructor(sessionId: Uint8Array, tag: Uint8Array) {
    this.#sessionId = sessionId
    this.#head = receiptSeed(sessionId, tag)
  }

  /** @returns whether a receipt is due */
  forwarded(datagram: Uint8Array): boolean {
    this.#hash.update(datagram)
    this.#bytes += datagram.length + IP_UDP_HEADER_BYTES
    return this.#bytes - this.#receiptedBytes >= RECEIPT_BYTES
  }

  get pendingBytes(): number {
    return this.#bytes - this.#receiptedBytes
  }

  /** For all that was forwarded since the last. */
  async next(elapsedMs: number, signer: PeerSigner): Promise<Receipt> {
    const root = new Uint8Array(this.#hash.digest())
    this.#hash = createHash('sha256')
    this.#receiptedBytes = this.#bytes
    const receipt = {
      sessionId: this.#sessionId,
      sequence: ++this.#sequence,
      bytes: this.#bytes,
      root,
      elapsedMs: Math.round(elapsedMs),
    }
    const head = receiptHead(this.#head, root, receipt.bytes, receipt.elapsedMs)
    this.#head = head
    return { ...receipt, head, signature: await signer.sign(head) }
  }
}

/**
 * The last receipt's head if the chain is whole and signed by the provider, else undefined. Its signature covers all
 * before it, so one check is enough.
 */
export async function checkReceipts(
  receipts: readonly Receipt[],
  sessionId: Uint8Array,
  tag: Uint8Array,
  provider: PeerVerifier,
): Promise<Uint8Array | undefined> {
  const last = receipts.at(-1)
  if (!last) return undefined
  let head = receiptSeed(sessionId, tag)
  let bytes = 0
  for (const [i, receipt] of receipts.entries()) {
    head = receiptHead(head, receipt.root, receipt.bytes, receipt.elapsedMs)
    if (receipt.sequence !== i + 1 || receipt.bytes < bytes || Buffer.compare(head, receipt.head) !== 0)
      return undefined
    bytes = receipt.bytes
  }
  return (await provider(head, last.signature)) ? head : undefined
}
