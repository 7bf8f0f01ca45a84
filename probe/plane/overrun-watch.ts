/** When a port's overruns happened, to the precision of the looks at its counter. Pure. */
export class OverrunWatch {
  readonly #looks: { readonly ms: number; readonly overruns: number }[] = []

  /** @param nowMs never descending. @param overruns total of the port */
  look(nowMs: number, overruns: number): void {
    this.#looks.push({ ms: nowMs, overruns })
  }

  /** Overruns that may have happened in a span: those between the last look before it and the first look after it. */
  within({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): number {
    const before = this.#looks.findLast(({ ms }) => ms <= fromMs) ?? this.#looks[0]
    const after = this.#looks.find(({ ms }) => ms >= toMs) ?? this.#looks.at(-1)
    return before && after ? Math.max(0, after.overruns - before.overruns) : 0
  }
}
