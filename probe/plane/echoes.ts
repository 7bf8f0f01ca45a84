/** The receiver's answer to a sender's challenges: whether the address that the receiver named has echoed. */
import { CHALLENGE_BYTES, DATAGRAM_BYTES } from '../../proto/datagram.js'
import type { Endpoint, ReceivedBatch } from '../io/datagram-port.js'
import { isEcho, type PathValidation } from '../wire/path-validation.js'

export class Echoes {
  #awaited: { readonly from: Endpoint; readonly path: PathValidation } | undefined

  get hasEchoed(): boolean {
    return this.#awaited?.path.validated ?? false
  }

  await(from: Endpoint, path: PathValidation): void {
    this.#awaited = { from, path }
  }

  stop(): void {
    this.#awaited?.path.stop()
  }

  onBatch(batch: ReceivedBatch): void {
    if (!this.#awaited) return
    const { from, path } = this.#awaited
    for (let i = 0; i < batch.count; i++) {
      if (batch.lengths[i] !== CHALLENGE_BYTES) continue
      const datagram = batch.bodies.subarray(i * DATAGRAM_BYTES, i * DATAGRAM_BYTES + CHALLENGE_BYTES)
      if (isEcho(datagram)) path.accept(datagram, batch.isFrom(i, from))
    }
  }
}
