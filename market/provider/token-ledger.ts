/**
 * Which tokens of an era were spent, and how many were issued to whom. A file for each era, which only grows, so a
 * provider that restarts takes no token twice. Nothing is forced to the disk: a power failure may bring back the tokens
 * of its last seconds, and each of them buys no more than one session. So a full disk does not stop the provider from
 * serving: what cannot be written waits in memory.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { toHex } from '../../proto/hex.js'

const SPENT = /^spent (0x[0-9a-f]{64})$/
const ISSUED = /^issued (\d+) (\S+)$/

interface Era {
  readonly path: string
  readonly spent: Set<string>
  readonly issued: Map<string, number>
  /** entries that could not be written yet, oldest first */
  readonly waiting: string[]
}

export class TokenLedger {
  readonly #directory: string
  readonly #log: Pick<Logger, 'warn' | 'info'>
  readonly #eras = new Map<number, Era>()
  #isFailing = false

  /** @param directory made if it does not exist */
  constructor(directory: string, log: Pick<Logger, 'warn' | 'info'>) {
    this.#directory = directory
    this.#log = log
    mkdirSync(directory, { recursive: true })
  }

  /** @returns false if the token was spent before */
  spend(era: number, input: Uint8Array): boolean {
    const known = this.#era(era)
    const name = toHex(input)
    if (known.spent.has(name)) return false
    known.spent.add(name)
    this.#append(known, `spent ${name}`)
    return true
  }

  issuedTo(era: number, holder: string): number {
    return this.#era(era).issued.get(holder) ?? 0
  }

  /** @param holder a text without spaces */
  issue(era: number, holder: string, count: number): void {
    const known = this.#era(era)
    known.issued.set(holder, (known.issued.get(holder) ?? 0) + count)
    this.#append(known, `issued ${count} ${holder}`)
  }

  /** Forgets the eras before one. */
  drop(beforeEra: number): void {
    for (const name of readdirSync(this.#directory)) {
      if (!(Number(name) < beforeEra)) continue // nor if it is no number
      rmSync(join(this.#directory, name), { force: true })
      this.#eras.delete(Number(name))
    }
  }

  #append({ path, waiting }: Era, entry: string): void {
    waiting.push(entry)
    try {
      // It starts a line of its own, because the entry before may have been cut off.
      for (; waiting.length > 0; waiting.shift()) appendFileSync(path, `\n${waiting[0]}`)
      if (this.#isFailing) this.#log.info('the token ledger can be written again')
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ error: (error as Error).message }, UNWRITTEN)
      this.#isFailing = true
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

const UNWRITTEN =
  'the token ledger cannot be written: the provider goes on, and may take tokens twice after a restart. Free some space'

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
  return { path, spent, issued, waiting: [] }
}
