/** The findings of one point of the acceptance, each printed at once. */
export class Checks {
  readonly #print: (line: string) => void
  #failed = 0
  #held = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  get failed(): number {
    return this.#failed
  }

  get held(): number {
    return this.#held
  }

  /** @param evidence the figures that were seen, printed beside the sentence whether it holds or not */
  that(holds: boolean, sentence: string, evidence = ''): void {
    if (holds) this.#held++
    else this.#failed++
    this.#print(`  ${holds ? 'ok  ' : 'FAIL'} ${sentence}${evidence ? ` (${evidence})` : ''}`)
  }

  /** Takes over the findings of other checks, and the lines that they printed. */
  include(other: Checks, lines: readonly string[]): void {
    this.#failed += other.failed
    this.#held += other.held
    for (const line of lines) this.#print(line)
  }

  /** For the reader; cannot fail. */
  note(text: string): void {
    this.#print(`       ${text}`)
  }
}

/** One point of the acceptance. */
export interface Point {
  readonly number: number
  readonly title: string
  run(checks: Checks, options: AcceptOptions): Promise<void>
}

export interface AcceptOptions {
  /** Runs what CI has no time for. */
  readonly full: boolean
  /** How many seeds point 2 runs. */
  readonly seeds: number
}
