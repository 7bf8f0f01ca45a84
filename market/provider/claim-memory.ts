/**
 * The claim that a provider serves. Verifiers measure a whole window against the claim of its beginning. So a lowered claim
 * counts for the relay only once no verifier asks for the old one: else the provider would refuse what it had promised.
 */
export class ClaimMemory {
  readonly #keepMs: number
  #seen: { readonly claimKbps: number; readonly atMs: number }[] = []

  /** @param keepMs how long verifiers may still ask for an old claim */
  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  /** @param claimKbps as the chain holds it now. @returns the largest that verifiers may ask for */
  see(claimKbps: number, nowMs: number): number {
    this.#seen = this.#seen.filter(one => nowMs - one.atMs <= this.#keepMs && one.claimKbps !== claimKbps)
    this.#seen.push({ claimKbps, atMs: nowMs })
    return Math.max(...this.#seen.map(one => one.claimKbps))
  }
}
