/** The hosts that the data of a session's senders comes from, as the provider's challenges showed them. */
import { commonHost } from '../verdict/common-host.js'

export class HostPins {
  /** by slot; undefined until a challenge came */
  readonly hosts: (string | undefined)[]
  #common: string | undefined

  constructor(senders: number) {
    this.hosts = new Array(senders).fill(undefined)
  }

  pin(slot: number, host: string): void {
    this.hosts[slot] = host
    this.#common = commonHost(this.hosts)
  }

  /** Whether the sender's data comes from the host that enough sessions showed: see `commonHost`. */
  isCommon(slot: number): boolean {
    return this.#common !== undefined && this.hosts[slot] === this.#common
  }
}
