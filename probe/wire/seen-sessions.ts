/** Session ids that a node has served, so that it serves none twice. Bounded in time and in number. */
const KEEP_MS = 600_000
const MAX_SESSIONS_KEPT = 8192

export class SeenSessions {
  /** first seen, ms; oldest first, as a Map keeps its order */
  readonly #seen = new Map<string, number>()

  /** @returns false if the key is known already */
  add(key: string, nowMs: number): boolean {
    for (const [old, atMs] of this.#seen) {
      if (nowMs - atMs < KEEP_MS && this.#seen.size < MAX_SESSIONS_KEPT) break
      this.#seen.delete(old)
    }
    if (this.#seen.has(key)) return false
    this.#seen.set(key, nowMs)
    return true
  }
}
