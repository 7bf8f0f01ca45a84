/** What one point of the acceptance found, printed as it is found. */
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

  /** @param evidence what was seen, with figures; read beside the sentence whether it holds or not */
  that(holds: boolean, sentence: string, evidence = ''): void {
    if (holds) this.#held++
    else this.#failed++
    this.#print(`  ${holds ? 'ok  ' : 'FAIL'} ${sentence}${evidence ? ` (${evidence})` : ''}`)
  }

  /** Takes over what other checks found and printed. */
  include(other: Checks, lines: readonly string[]): void {
    this.#failed += other.failed
    this.#held += other.held
    for (const line of lines) this.#print(line)
  }

  /** Worth knowing, but nothing that could fail. */
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
  /** How many seeds point 2 takes. */
  readonly seeds: number
}
