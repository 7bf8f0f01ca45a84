/** The hosts that did something last, in whatever spelling their addresses come; the oldest are forgotten. */
import { hostKey } from './host-key.js'

export class RecentHosts {
  readonly #most: number
  /** the newest comes last */
  readonly #keys = new Set<string>()

  constructor(most: number) {
    this.#most = most
  }

  has(host: string): boolean {
    return this.#keys.has(hostKey(host))
  }

  add(host: string): void {
    const key = hostKey(host)
    this.#keys.delete(key)
    this.#keys.add(key)
    for (const oldest of this.#keys) {
      if (this.#keys.size <= this.#most) return
      this.#keys.delete(oldest)
    }
  }
}
