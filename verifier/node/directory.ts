/** The addresses of all registered nodes, from their announcements on the chain. */
import type { Hex } from '../../proto/hex.js'
import type { Announcement, Chain } from '../core/ports.js'

export class Directory {
  #verifiers = new Map<number, Announcement>()
  #providers = new Map<Hex, Announcement>()

  constructor(private readonly chain: Pick<Chain, 'announcements'>) {}

  async refresh(): Promise<void> {
    const announcements = await this.chain.announcements()
    this.#verifiers = new Map(announcements.filter(a => a.role === 'verifier').map(a => [a.index, a]))
    this.#providers = new Map(announcements.filter(a => a.role === 'provider').map(a => [a.account, a]))
  }

  /** The announcement of one account in one role; undefined if it has made none. */
  of(role: Announcement['role'], account: Hex): Announcement | undefined {
    return role === 'provider' ? this.provider(account) : this.verifiers().find(one => one.account === account)
  }

  verifiers(): Announcement[] {
    return [...this.#verifiers.values()]
  }

  /** @param index registry index */
  verifier(index: number): Announcement | undefined {
    return this.#verifiers.get(index)
  }

  provider(account: Hex): Announcement | undefined {
    return this.#providers.get(account)
  }
}
