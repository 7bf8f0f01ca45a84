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

/** What happens to the data of a node that does not run meanwhile. */
abstract class DataFault implements Fault {
  readonly #nodes: Restarts
  readonly #node: Stored

  constructor(nodes: Restarts, node: Stored) {
    this.#nodes = nodes
    this.#node = node
  }

  begin(): Promise<void> {
    return this.#whileDown(() => this.beginIn(this.#node.dataDir))
  }

  end(): Promise<void> {
    return this.#whileDown(() => this.endIn(this.#node.dataDir))
  }

  protected abstract beginIn(dataDir: string): Promise<void>
  protected abstract endIn(dataDir: string): Promise<void>

  async #whileDown(work: () => Promise<void>): Promise<void> {
    const { name } = this.#node
    await this.#nodes.hold(name)
    try {
      await work()
    } finally {
      this.#nodes.release(name)
    }
  }
}

/** Bytes in the middle of its newest files are flipped. Afterwards the node gets its files back. */
export class DamagedDatabase extends DataFault {
  protected async beginIn(dataDir: string): Promise<void> {
    await copy(dataDir, copyOf(dataDir), [DATABASE])
    for (const kind of ['.log', '.ldb']) await damageNewest(join(dataDir, DATABASE), kind)
  }

  protected endIn(dataDir: string): Promise<void> {
    return copy(copyOf(dataDir), dataDir, [DATABASE])
  }
}

/** What is put back. With the record alone, the database knows better; with both, nothing on this disk does. */
export const OLD = {
  database: [DATABASE],
  record: [RECORD],
  both: [DATABASE, RECORD],
} as const

/** A copy is made when the fault begins, and put back when it ends. */
export class OldDatabase extends DataFault {
  readonly #what: readonly string[]

  constructor(nodes: Restarts, node: Stored, what: keyof typeof OLD) {
    super(nodes, node)
    this.#what = OLD[what]
  }

  protected beginIn(dataDir: string): Promise<void> {
    return copy(dataDir, copyOf(dataDir), this.#what)
  }

  protected endIn(dataDir: string): Promise<void> {
    return copy(copyOf(dataDir), dataDir, this.#what)
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
