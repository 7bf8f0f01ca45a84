/**
 * Which tokens of an era were spent, and how many were issued to whom. A file for each era, which only grows, so a
 * provider that restarts takes no token twice. Nothing is forced to the disk: a power failure may bring back the tokens
 * of its last seconds, and each of them buys no more than one session.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../../proto/hex.js'

const SPENT = /^spent (0x[0-9a-f]{64})$/
const ISSUED = /^issued (\d+) (\S+)$/

interface Era {
  readonly path: string
  readonly spent: Set<string>
  readonly issued: Map<string, number>
}

export class TokenLedger {
  readonly #directory: string
  readonly #eras = new Map<number, Era>()

  /** @param directory made if it does not exist */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true })
  }

  /** @returns false if the token was spent before */
  spend(era: number, input: Uint8Array): boolean {
    const { path, spent } = this.#era(era)
    const name = toHex(input)
    if (spent.has(name)) return false
    appendFileSync(path, `spent ${name}\n`)
    spent.add(name)
    return true
  }

  issuedTo(era: number, holder: string): number {
    return this.#era(era).issued.get(holder) ?? 0
  }

  /** @param holder a text without spaces */
  issue(era: number, holder: string, count: number): void {
    const { path, issued } = this.#era(era)
    appendFileSync(path, `issued ${count} ${holder}\n`)
    issued.set(holder, (issued.get(holder) ?? 0) + count)
  }

  /** Forgets the eras before one. */
  drop(beforeEra: number): void {
    for (const name of readdirSync(this.#directory)) {
      if (!(Number(name) < beforeEra)) continue // nor if it is no number
      rmSync(join(this.#directory, name), { force: true })
      this.#eras.delete(Number(name))
    }
  }

  #era(era: number): Era {
    let known = this.#eras.get(era)
    if (known === undefined) {
      known = read(join(this.#directory, String(era)))
      this.#eras.set(era, known)
    }
    return known
  }
}

/** Skips what is no entry, such as a line that was cut off when the provider ended. */
function read(path: string): Era {
  const [spent, issued] = [new Set<string>(), new Map<string, number>()]
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  for (const line of text.split('\n')) {
    const [, name] = SPENT.exec(line) ?? []
    if (name !== undefined) spent.add(name)
    const [, count, holder] = ISSUED.exec(line) ?? []
    if (holder !== undefined) issued.set(holder, (issued.get(holder) ?? 0) + Number(count))
  }
  // The next entry starts a line of its own.
  if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n')
  return { path, spent, issued }
}
