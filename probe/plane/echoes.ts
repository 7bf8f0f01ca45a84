/** The answers to a sender's challenges: which of the addresses that others named have echoed. */
import { CHALLENGE_BYTES } from '../../proto/datagram.js'
import type { Endpoint, ReceivedBatch } from '../io/datagram-port.js'
import { isEcho, type PathValidation } from '../wire/path-validation.js'

export class Echoes {
  readonly #awaited: { readonly from: Endpoint; readonly path: PathValidation }[] = []

  await(from: Endpoint, path: PathValidation): void {
    this.#awaited.push({ from, path })
  }

  stop(): void {
    for (const { path } of this.#awaited) path.stop()
  }

  onBatch(batch: ReceivedBatch): void {
    for (let i = 0; i < batch.count; i++) {
      if (batch.lengths[i] !== CHALLENGE_BYTES) continue
      const datagram = batch.body(i).subarray(0, CHALLENGE_BYTES)
      if (!isEcho(datagram)) continue
      for (const { from, path } of this.#awaited) path.accept(datagram, batch.isFrom(i, from))
    }
  }
}
