/**
 * Tells when a leg loses more than it carries. A provider may let probes through and hold users down: then most of what an
 * end sends over the leg is lost there, while the leg answers pings and bills nothing that it dropped.
 */
export interface Flow {
  /** by the other end, or this one, so far */
  readonly sent: number
  /** of these */
  readonly arrived: number
}

/** A path that is merely full loses less, and its sender slows down. */
const MOST_LOST_SHARE = 0.5
/** A loss in one look may be a burst. */
const LOOKS = 2

export class LossWatch {
  readonly #least: number
  #before: Flow = { sent: 0, arrived: 0 }
  #lossy = 0

  /** @param least sent between two looks: a sparse flow says too little */
  constructor(least: number) {
    this.#least = least
  }

  /** Call it at even times. @returns whether more than half was lost, two looks in a row */
  look(flow: Flow): boolean {
    const sent = flow.sent - this.#before.sent
    const lost = sent - (flow.arrived - this.#before.arrived)
    this.#before = flow
    this.#lossy = sent >= this.#least && lost > MOST_LOST_SHARE * sent ? this.#lossy + 1 : 0
    return this.#lossy >= LOOKS
  }
}
