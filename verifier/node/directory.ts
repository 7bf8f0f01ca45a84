/**
 * The addresses of all registered nodes, from their announcements on the chain. The directory leaves out whatever cannot
 * be read, so that no node can break the sessions of others by what it announces: a node whose peer id cannot be read
 * counts as one that has announced nothing.
 */
import type { Logger } from 'pino'
import type { Hex } from '../../proto/hex.js'
import type { Announcement, Chain } from '../core/ports.js'
import { readableAddress } from '../net/readable-address.js'

export class Directory {
  #verifiers = new Map<number, Announcement>()
  #providers = new Map<Hex, Announcement>()
  /** by peer id: anybody may announce the peer id of another */
  #verifierPeers = new Map<string, number>()
  /** what was read of each announcement: to parse them all takes long, and most stay as they are */
  readonly #parsed = new WeakMap<Announcement, readonly Announcement[]>()
  /** by node, the announcement whose fault was logged last: the directory reads each announcement many times */
  readonly #logged = new Map<string, string>()

  constructor(
    private readonly chain: Pick<Chain, 'announcements'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  async refresh(): Promise<void> {
    const announcements = (await this.chain.announcements()).flatMap(one => this.#readableOnce(one))
    this.#verifiers = new Map(announcements.filter(a => a.role === 'verifier').map(a => [a.index, a]))
    this.#providers = new Map(announcements.filter(a => a.role === 'provider').map(a => [a.account, a]))
    const descending = this.verifiers().sort((a, b) => b.index - a.index)
    this.#verifierPeers = new Map(descending.map(({ peerId, index }) => [peerId, index]))
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

  /** Whether a verifier has announced the peer id. */
  isVerifier(peerId: string): boolean {
    return this.#verifierPeers.has(peerId)
  }

  /** The verifier that has announced the peer id, the one with the lowest index if several have; undefined if none has. */
  indexOf(peerId: string): number | undefined {
    return this.#verifierPeers.get(peerId)
  }

  providers(): Announcement[] {
    return [...this.#providers.values()]
  }

  provider(account: Hex): Announcement | undefined {
    return this.#providers.get(account)
  }

  #readableOnce(announced: Announcement): readonly Announcement[] {
    const known = this.#parsed.get(announced)
    if (known !== undefined) return known
    const readable = this.#readable(announced)
    const parsed = readable === undefined ? [] : [readable]
    this.#parsed.set(announced, parsed)
    return parsed
  }

  #readable(announced: Announcement): Announcement | undefined {
    const address = readableAddress(announced)
    if (address === undefined) {
      this.#logOnce(announced, 'nobody can read the peer id that it announced, so it counts as not announced')
      return undefined
    }
    const [all, readable] = [announced.multiaddrs.length, address.multiaddrs.length]
    if (readable < all)
      this.#logOnce(announced, `nobody can read ${all - readable} of ${all} addresses that it announced`)
    return { ...announced, ...address }
  }

  /** The log names the node and not its text, which may be of any length. */
  #logOnce(announced: Announcement, fault: string): void {
    const { role, index, account } = announced
    const [node, text] = [`${role} ${index}`, JSON.stringify(announced)]
    if (this.#logged.get(node) === text) return
    this.#logged.set(node, text)
    this.log.warn({ role, index, account }, `${node}: ${fault}`)
  }
}
