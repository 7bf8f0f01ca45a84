/** A verifier's database that the disk has damaged, or that its operator has replaced by an older copy. */
import { cp, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Nodes } from '../network/nodes.js'
import type { Fault } from './fault.js'

type Restarts = Pick<Nodes, 'hold' | 'release'>

export interface Stored {
  readonly name: string
  readonly dataDir: string
}

const DATABASE = 'db'
const RECORD = 'signing-record'
const FLIPPED_BYTES = 16

/** What is put back. With the record alone, the database knows better; with both, nothing on this disk does. */
export const OLD = {
  database: [DATABASE],
  record: [RECORD],
  both: [DATABASE, RECORD],
} as const

/** A copy is made when the fault begins, and put back when it ends. The node does not run meanwhile. */
export class OldDatabase implements Fault {
  readonly #nodes: Restarts
  readonly #node: Stored
  readonly #what: readonly string[]

  constructor(nodes: Restarts, node: Stored, what: keyof typeof OLD) {
    this.#nodes = nodes
    this.#node = node
    this.#what = OLD[what]
  }

  begin(): Promise<void> {
    return this.#whileDown(async dataDir => {
      await copy(dataDir, copyOf(dataDir), this.#what)
      await this.spoil(dataDir)
    })
  }

  end(): Promise<void> {
    return this.#whileDown(dataDir => copy(copyOf(dataDir), dataDir, this.#what))
  }

  /** What happens to the data once they are copied. */
  protected async spoil(_dataDir: string): Promise<void> {}

  async #whileDown(work: (dataDir: string) => Promise<void>): Promise<void> {
    const { name, dataDir } = this.#node
    await this.#nodes.hold(name)
    try {
      await work(dataDir)
    } finally {
      this.#nodes.release(name)
    }
  }
}

/** Bytes in the middle of its newest files are flipped. Afterwards the node gets its files back. */
export class DamagedDatabase extends OldDatabase {
  constructor(nodes: Restarts, node: Stored) {
    super(nodes, node, 'database')
  }

  protected override async spoil(dataDir: string): Promise<void> {
    for (const kind of ['.log', '.ldb']) await damageNewest(join(dataDir, DATABASE), kind)
  }
}

const copyOf = (dataDir: string): string => `${dataDir}.copy`

/** Replaces what is there. @throws Error if the node has no such data, as a provider */
async function copy(from: string, to: string, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await stat(join(from, part))
    await rm(join(to, part), { recursive: true, force: true })
    await cp(join(from, part), join(to, part), { recursive: true })
  }
}

async function damageNewest(directory: string, kind: string): Promise<void> {
  const files = (await readdir(directory)).filter(file => file.endsWith(kind)).map(file => join(directory, file))
  const sized = await Promise.all(files.map(async path => ({ path, ...(await stat(path)) })))
  // LevelDB numbers its files; a new one may be empty still.
  const newest = sized.filter(({ size }) => size > FLIPPED_BYTES).sort((a, b) => b.path.localeCompare(a.path))[0]
  if (newest === undefined) return
  const file = await open(newest.path, 'r+')
  const bytes = Buffer.alloc(FLIPPED_BYTES)
  const at = Math.floor((newest.size - FLIPPED_BYTES) / 2)
  await file.read(bytes, 0, FLIPPED_BYTES, at)
  await file.write(
    bytes.map(byte => ~byte),
    0,
    FLIPPED_BYTES,
    at,
  )
  await file.close()
}
