/**
 * A cheat's own books: what it carried in sessions that paid, each datagram once, and what its receipts state. A run compares
 * them with what the chain paid. The data plane's worker keeps them, so they pass through a file.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Packet } from '../../../probe/plane/forwarding.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'

/** In bytes of the IP layer, over all sessions that paid. */
export interface Totals {
  readonly carriedBytes: number
  readonly billedBytes: number
}

/** Whose books: a directory that providers of one profile share, and the provider's own seed. */
export interface BooksPlace {
  readonly sharedDir: string
  readonly seed: string
}

interface Account {
  carriedBytes: number
  billedBytes: number
  paid: boolean
}

export class Books {
  readonly #sessions = new Map<number, Account>()
  readonly #file: string
  #writing: Promise<void> | undefined
  #isStale = false

  constructor(place: BooksPlace) {
    mkdirSync(place.sharedDir, { recursive: true })
    this.#file = join(place.sharedDir, `${prefixOf(place)}${process.pid}`)
  }

  /** A datagram came, and goes on or not. */
  see({ session, length, paid }: Packet, goesOn: boolean): void {
    const account = this.#of(session)
    if (goesOn) account.carriedBytes += length + IP_UDP_HEADER_BYTES
    account.paid ||= paid
  }

  /** A receipt states so many bytes of a session. The books are written soon: datagrams do not wait for the disk. */
  bill(session: number, bytes: number): void {
    this.#of(session).billedBytes = bytes
    this.#isStale = true
    this.#writing ??= this.#write()
  }

  /** Resolves once all is written. */
  get written(): Promise<void> {
    return this.#writing ?? Promise.resolve()
  }

  get totals(): Totals {
    return sum([...this.#sessions.values()].filter(({ paid }) => paid))
  }

  async #write(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      await writeFile(this.#file, JSON.stringify(this.totals))
    }
    this.#writing = undefined
  }

  #of(session: number): Account {
    const account = this.#sessions.get(session) ?? { carriedBytes: 0, billedBytes: 0, paid: false }
    this.#sessions.set(session, account)
    return account
  }
}

/** Of all processes that a provider has had. @returns undefined if it kept none */
export function readBooks(place: BooksPlace): Totals | undefined {
  const files = filesIn(place.sharedDir).filter(file => file.startsWith(prefixOf(place)))
  if (files.length === 0) return undefined
  return sum(files.map(file => JSON.parse(readFileSync(join(place.sharedDir, file), 'utf8')) as Totals))
}

const prefixOf = ({ seed }: BooksPlace): string =>
  `books-${createHash('sha256').update(seed).digest('hex').slice(0, 16)}-`

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // no provider of the profile has run
  }
}

const sum = (parts: readonly Totals[]): Totals => ({
  carriedBytes: parts.reduce((all, { carriedBytes }) => all + carriedBytes, 0),
  billedBytes: parts.reduce((all, { billedBytes }) => all + billedBytes, 0),
})
