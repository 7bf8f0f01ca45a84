/**
 * The part of a terminal that is drawn again in place, to the terminal's present size. Elsewhere (a file, a pipe) nothing is
 * redrawn and no control code is written: whoever draws prints lines instead.
 */
import { createLogUpdate } from 'log-update'

/** As much of a terminal's stream as is needed here. */
export interface ScreenOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Of a terminal that does not tell its size. */
const USUAL: Size = { columns: 80, rows: 24 }
const CLEAR = '\x1b[H\x1b[2J'

export class Screen {
  readonly #update: ReturnType<typeof createLogUpdate>
  readonly #onResize = () => this.#drawAnew()
  #textOf: ((size: Size) => string) | undefined

  constructor(private readonly output: ScreenOutput) {
    this.#update = createLogUpdate(output as NodeJS.WriteStream)
    output.on?.('resize', this.#onResize)
  }

  /** @param textOf the whole text, as it is to stand in a terminal of that size */
  draw(textOf: (size: Size) => string): void {
    this.#textOf = textOf
    this.#update(textOf(this.#size))
  }

  /** Leaves a last text behind, whole even if it is longer than the terminal, and gives the cursor back. */
  end(textOf?: (size: Size) => string): void {
    this.output.off?.('resize', this.#onResize)
    if (textOf !== undefined) {
      this.#update.clear()
      this.output.write(`${textOf(this.#size)}\n`)
    }
    this.#update.done()
  }

  get #size(): Size {
    const { columns, rows } = this.output
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows }
  }

  /** The terminal has broken the lines of the old width anew, so nobody knows where they stand. */
  #drawAnew(): void {
    if (this.#textOf === undefined) return
    this.output.write(CLEAR)
    this.#update.done()
    this.draw(this.#textOf)
  }
}
