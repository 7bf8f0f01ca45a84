/**
 * A room for one reader: namespaces in which the ports of the pages are free, all addresses are loopback's or lead nowhere, and
 * the names that the pages ask for stand for this machine. Nothing of it outlives the processes inside.
 */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChildProcess } from '../process/child-process.js'
import { run } from '../process/commands.js'
import { serveTime } from './time-server.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Names the room's directory to the process inside. */
const INSIDE = 'GUIDES_ROOM'
const isRoot = process.getuid?.() === 0
const UNSHARE = ['unshare', ...(isRoot ? [] : ['--map-root-user']), '--net', '--mount', '--']
const NTP_PORT = 123
/** The names that the pages' commands look up. */
const NAMES = ['pool.ntp.org', 'example.org']

export const isInside = (): boolean => process.env[INSIDE] !== undefined

/** Runs this program again, inside a new room. @returns its exit code */
export async function enterRoom(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'bandwitness-guides-'))
  const argv = [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = ChildProcess.start({
    ...{ name: 'the room', argv, output: 'inherit', errors: 'inherit' },
    // Whatever a command leaves in the temporary folder, or npm in its cache, stays in the room.
    env: {
      [INSIDE]: directory,
      TMPDIR: directory,
      npm_config_cache: join(directory, 'npm'),
      npm_config_progress: 'false',
    },
  })
  const interrupt = () => child.kill('SIGINT')
  process.once('SIGINT', interrupt)
  const { code } = await child.ended
  if (code === 0) rmSync(directory, { recursive: true, force: true })
  else console.log(`Everything that was printed is in ${directory}`)
  return code ?? 1
}

export class Room {
  private constructor(
    readonly directory: string,
    /** A copy of this checkout, installed and built. */
    readonly checkout: string,
    private readonly time: { close(): void },
  ) {}

  static async open(): Promise<Room> {
    const directory = process.env[INSIDE]!
    await openNetwork()
    await nameHosts(directory)
    const { close } = await serveTime(undefined, NTP_PORT)
    return new Room(directory, await copyCheckout(directory), { close })
  }

  /** A new directory. */
  place(name: string): string {
    const path = join(this.directory, name)
    mkdirSync(path)
    return path
  }

  close(): void {
    this.time.close()
  }
}

/** Loopback, and the interface `eth0` that a page shapes: one end of a pair that leads nowhere. */
async function openNetwork(): Promise<void> {
  await run(['ip', 'link', 'set', 'lo', 'up'])
  await run(['ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'nowhere'])
}

async function nameHosts(directory: string): Promise<void> {
  const hosts = join(directory, 'hosts')
  cpSync('/etc/hosts', hosts)
  appendFileSync(hosts, `\n127.0.0.1 ${NAMES.join(' ')}\n`)
  await run(['mount', '--bind', hosts, '/etc/hosts'])
}

/** The tracked files as they are now, since a reader's commands write beside them. */
async function copyCheckout(directory: string): Promise<string> {
  const checkout = join(directory, 'checkout')
  const tracked = await run(['git', '-C', ROOT, 'ls-files', '--cached', '--others', '--exclude-standard'])
  for (const path of tracked.split('\n')) cpSync(join(ROOT, path), join(checkout, path))
  for (const built of ['dist', join('contracts', 'build')]) {
    cpSync(join(ROOT, built), join(checkout, built), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  return checkout
}
