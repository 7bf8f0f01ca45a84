/**
 * Tells other commands of this user that a testnet runs, by a file in a directory of its own under the temporary folder.
 * The file names the process with its start time, so that a later process with the same pid is no testnet.
 */
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../../verifier/config/whole-file.js'
import { address, count, listOf } from '../../verifier/evidence/schema/scalars.js'
import { identify, isAlive } from '../process/process-identity.js'
import type { Watchdog } from '../process/watchdog.js'
import type { ReadyNode, TestnetEvent } from './events.js'

const nodeSchema = z.object({
  name: z.string(),
  role: z.enum(['verifier', 'provider']),
  profile: z.string(),
  address,
  pid: count,
  /** null for a node without an API */
  apiUrl: z.string().nullable(),
})

export const runningTestnetSchema = z.object({
  pid: count,
  /** as `ProcessIdentity` has it; null on a system that does not tell */
  startTime: z.string().nullable(),
  seed: z.string(),
  rpcUrl: z.string(),
  chainId: count,
  apiUrl: z.string(),
  dataDir: z.string(),
  networkFile: z.string(),
  /** socket, see `control.ts` */
  control: z.string(),
  /** unix milliseconds; null before the start */
  genesisMs: z.number().nullable(),
  epochMs: count,
  /** by how much its time is ahead of the machine's; negative if it is behind */
  aheadMs: z.int(),
  nodes: listOf(nodeSchema),
})
export type RunningTestnet = z.infer<typeof runningTestnetSchema>

const PREFIX = 'bandwitness-run-'
const FILE = 'testnet.json'
const CONTROL = 'control'

/** One run's own file. It follows the run's events. */
export class RunningFile {
  #state: RunningTestnet | undefined
  #last: Promise<void> = Promise.resolve()

  private constructor(private readonly directory: string) {}

  static async open(watchdog: Pick<Watchdog, 'temporary'>, folder = tmpdir()): Promise<RunningFile> {
    const directory = await mkdtemp(join(folder, PREFIX)) // only this user can look into it
    watchdog.temporary(directory)
    return new RunningFile(directory)
  }

  /** Where the run's socket belongs. */
  get control(): string {
    return join(this.directory, CONTROL)
  }

  take(event: TestnetEvent): void {
    if (event.event === 'ready') {
      const { seed, rpcUrl, chainId, apiUrl, dataDir, networkFile, params, verifiers, providers } = event
      const { pid, startTime } = identify(event.pid)
      this.#write({
        ...{ pid, startTime: startTime ?? null, seed, rpcUrl, chainId, apiUrl, dataDir, networkFile, genesisMs: null },
        control: this.control,
        ...{ epochMs: params.epochSeconds * 1000, aheadMs: 0, nodes: [...verifiers, ...providers].map(nodeOf) },
      })
    } else if (this.#state === undefined) return
    else if (event.event === 'started') this.#write({ ...this.#state, genesisMs: event.genesisMs })
    else if (event.event === 'joined') this.#write({ ...this.#state, nodes: [...this.#state.nodes, nodeOf(event)] })
    else if (event.event === 'warped') {
      this.#write({ ...this.#state, aheadMs: this.#state.aheadMs + event.seconds * 1000 })
    } else if (event.event === 'reverted') this.#write({ ...this.#state, aheadMs: event.aheadMs })
    else if (event.event === 'restarted') {
      const { name, pid } = event
      this.#write({ ...this.#state, nodes: this.#state.nodes.map(one => (one.name === name ? { ...one, pid } : one)) })
    }
  }

  async close(): Promise<void> {
    await this.#last
    await rm(this.directory, { recursive: true, force: true })
  }

  /** A run does not end because nobody else can be told of it: a full disk tells of itself. */
  #write(state: RunningTestnet): void {
    this.#state = state
    const text = JSON.stringify(state)
    this.#last = this.#last
      .then(() => writeWhole(join(this.directory, FILE), text, { place: 'replace' }))
      .catch(() => undefined)
  }
}

const nodeOf = ({ name, role, profile, address, pid, apiUrl }: ReadyNode): RunningTestnet['nodes'][number] => ({
  ...{ name, role, profile, address, pid, apiUrl: apiUrl ?? null },
})

/**
 * The testnets of this user that run now. Everybody can write into the temporary folder, and `down` ends what is listed:
 * what another user wrote, or what a link points to, is no testnet.
 * @param uid of this user
 */
export async function runningTestnets(folder = tmpdir(), uid = process.getuid?.()): Promise<RunningTestnet[]> {
  const names = (await readdir(folder)).filter(name => name.startsWith(PREFIX)).sort()
  const found = await Promise.all(names.map(name => readRunning(join(folder, name), uid)))
  return found.flat()
}

async function readRunning(directory: string, uid: number | undefined): Promise<RunningTestnet[]> {
  try {
    const { uid: owner, isDirectory } = await lstatOf(directory)
    if (!isDirectory || owner !== (uid ?? owner)) return []
    const parsed = runningTestnetSchema.safeParse(JSON.parse(await readFile(join(directory, FILE), 'utf8')))
    return parsed.success && isRunning(parsed.data) ? [parsed.data] : []
  } catch {
    return [] // it has just begun or ended, or is no such file
  }
}

async function lstatOf(path: string): Promise<{ readonly uid: number; readonly isDirectory: boolean }> {
  const stat = await lstat(path)
  return { uid: stat.uid, isDirectory: stat.isDirectory() }
}

export const isRunning = ({ pid, startTime }: RunningTestnet): boolean =>
  isAlive({ pid, startTime: startTime ?? undefined })
