/** The provider's receipts of one session. They corroborate what the receiver counted; they never set the rate. */
import type { Receipt } from '../proto/messages.js'
import type { PeerSigner, PeerVerifier } from './ports.js'
import { receiptHead, receiptSeed } from './statements.js'

export class ReceiptChain {
  readonly #sessionId: Uint8Array
  #head: Uint8Array
  #sequence = 0

  constructor(sessionId: Uint8Array, tag: Uint8Array) {
    this.#sessionId = sessionId
    this.#head = receiptSeed(sessionId, tag)
  }

  /**
   * For all that was forwarded since the last.
   * @param root SHA-256 of it
   * @param bytes of the session so far, at the IP layer
   */
  async next(root: Uint8Array, bytes: number, elapsedMs: number, signer: PeerSigner): Promise<Receipt> {
    const receipt = {
      sessionId: this.#sessionId,
      sequence: ++this.#sequence,
      bytes,
      root,
      elapsedMs: Math.round(elapsedMs),
    }
    const head = receiptHead(this.#head, root, bytes, receipt.elapsedMs)
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
