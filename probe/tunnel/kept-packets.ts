/**
 * What one end has sent on a leg and the other may not have seen. If the leg dies, another leg carries it at once: QUIC
 * would find the loss a round trip later.
 */

/** At 100 Mbit/s these are 0.2 s: until the silence of a leg is noticed. So a leg keeps no more than 2.4 MB. */
const MOST_KEPT = 2048
const TIDY_EVERY = 256

interface Kept {
  readonly sequence: number
  readonly content: Buffer
}

export class KeptPackets {
  #all: Kept[] = []
  #from = 0
  #seen = 0

  /** @param sequence higher than any before. @param content number and packet; it is copied */
  add(sequence: number, content: Uint8Array): void {
    this.#all.push({ sequence, content: Buffer.from(content) })
    if (this.#all.length - this.#from > MOST_KEPT) this.#from++
    this.#tidy()
  }

  /** @param seen one more than the highest sequence number that has come to the other end. It may be old news. */
  saw(seen: number): void {
    if (seen <= this.#seen) return
    this.#seen = seen
    while (this.#from < this.#all.length && this.#all[this.#from]!.sequence < seen) this.#from++
    this.#tidy()
  }

  /** Gives all away, the oldest first. */
  take(): Buffer[] {
    const contents = this.#all.slice(this.#from).map(({ content }) => content)
    this.#all = []
    this.#from = 0
    return contents
  }

  #tidy(): void {
    if (this.#from < TIDY_EVERY) return
    this.#all = this.#all.slice(this.#from)
    this.#from = 0
  }
}
