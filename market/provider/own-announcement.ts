/**
 * Whether the chain still holds what this provider announced of itself. Of two processes with the same keys, such as the
 * old machine and the new one after a move, the later one is measured, whether it still runs or not. The other one seems
 * well, and earns nothing.
 */
import type { Logger } from 'pino'
import type { Announcement } from '../../verifier/core/ports.js'

type Announced = Pick<Announcement, 'peerId' | 'multiaddrs'>

export class OwnAnnouncement {
  readonly #own: Announced
  readonly #log: Pick<Logger, 'info' | 'warn'>
  /** a chain node that lags may not know the own announcement yet */
  #wasSeen = false
  #fault: string | undefined

  constructor(own: Announced, log: Pick<Logger, 'info' | 'warn'>) {
    this.#own = own
    this.#log = log
  }

  get fault(): string | undefined {
    return this.#fault
  }

  /** @param onChain what the chain holds now */
  see(onChain: Announced | undefined): void {
    if (isSame(this.#own, onChain)) {
      if (this.#fault !== undefined) this.#log.info('the chain holds the addresses of this process again')
      this.#wasSeen = true
      this.#fault = undefined
    } else if (this.#wasSeen && this.#fault === undefined) {
      const addresses = onChain?.multiaddrs.join(', ') || 'no address'
      this.#fault = `the chain now holds ${addresses} for this provider, and not what this process announced. If another process with these keys has started, verifiers measure that one: stop one of the two. Then start the other again.`
      this.#log.warn(this.#fault)
    }
  }
}

const isSame = (own: Announced, other: Announced | undefined): boolean =>
  other !== undefined && own.peerId === other.peerId && own.multiaddrs.join() === other.multiaddrs.join()
