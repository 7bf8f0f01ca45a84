/** Delay and loss on the receiver's link: by netem where the kernel has it, else by the shim beside this file. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Watchdog } from '../process/watchdog.js'
import { compileC } from './compile.js'
import { type Namespace, NamespaceError } from './namespace.js'

export interface PathSettings {
  /** both ways together */
  readonly rttMs: number
  /** of a hundred packets, in each direction */
  readonly lossPercent: number
}

/** Packets that came in towards the receiver, since the start. */
export interface PathCounter {
  readonly packets: number
  /** on purpose */
  readonly lost: number
  /** because the path could not carry them */
  readonly overflowed: number
}

export interface Path {
  readonly kind: 'netem' | 'shim'
  set(settings: PathSettings): Promise<void>
  count(): Promise<PathCounter>
  close(): Promise<void>
}

/** The device on the hub that leads to the receiver, and the receiver's own. */
export const HUB_DEVICE = 'receiver'
export const RECEIVER_DEVICE = 'hub'

/** In packets: holds 150 ms of 2 Gbit/s, so that delay alone drops nothing. */
const NETEM_LIMIT = 32_768
/** What waits at a TUN device while the shim is not scheduled; the kernel's 500 are 5 ms at 1 Gbit/s. */
const TUN_QUEUE = 10_000
const SHIM_SOURCE = fileURLToPath(new URL('./shim.c', import.meta.url))

/** Joins the receiver to the hub. @throws Error if neither way is open */
export async function openPath(hub: Namespace, receiver: Namespace, watchdog: Watchdog): Promise<Path> {
  return (await hasNetem(hub)) ? openNetem(hub, receiver) : openShim(hub, receiver, watchdog)
}

export async function hasNetem(namespace: Namespace): Promise<boolean> {
  try {
    await namespace.run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'])
    await namespace.run(['tc', 'qdisc', 'del', 'dev', 'lo', 'root'])
    return true
  } catch {
    return false
  }
}

async function openNetem(hub: Namespace, receiver: Namespace): Promise<Path> {
  const veth = ['type', 'veth', 'peer', 'name', RECEIVER_DEVICE, 'netns', String(receiver.pid)]
  await hub.run(['ip', 'link', 'add', 'name', HUB_DEVICE, ...veth])
  const ends = [
    [hub, HUB_DEVICE],
    [receiver, RECEIVER_DEVICE],
  ] as const
  return {
    kind: 'netem',
    async set({ rttMs, lossPercent }) {
      const netem = ['netem', 'limit', String(NETEM_LIMIT), 'delay', `${rttMs / 2}ms`, 'loss', `${lossPercent}%`]
      for (const [namespace, device] of ends) {
        await namespace.run(['tc', 'qdisc', 'replace', 'dev', device, 'root', ...netem])
      }
    },
    // netem tells its own loss and a full queue apart no more than this: a full one shows in the calibration.
    async count() {
      const [counter] = JSON.parse(await hub.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', HUB_DEVICE])) as [
        { packets: number; drops: number },
      ]
      return { packets: counter.packets + counter.drops, lost: counter.drops, overflowed: 0 }
    },
    async close() {},
  }
}

async function openShim(hub: Namespace, receiver: Namespace, watchdog: Watchdog): Promise<Path> {
  const { program, close } = await compileC(SHIM_SOURCE, watchdog)
  const shim = await Shim.start(hub.inside([program, HUB_DEVICE, RECEIVER_DEVICE]), watchdog)
  await hub.run(['ip', 'link', 'set', RECEIVER_DEVICE, 'netns', String(receiver.pid)])
  await hub.run(['ip', 'link', 'set', HUB_DEVICE, 'txqueuelen', String(TUN_QUEUE)])
  await receiver.run(['ip', 'link', 'set', RECEIVER_DEVICE, 'txqueuelen', String(TUN_QUEUE)])
  return {
    kind: 'shim',
    set: settings => shim.set(settings),
    count: () => shim.count(),
    async close() {
      await shim.close()
      close()
    },
  }
}

class Shim {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process
    this.#lines = lines
  }

  static async start(argv: readonly string[], watchdog: Watchdog): Promise<Shim> {
    const [command, ...args] = argv
    const process = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    if (process.pid !== undefined) watchdog.watch(process.pid)
    process.stdin.on('error', () => {}) // EPIPE if it has ended: nobody answers then
    let said = ''
    process.stderr.on('data', data => {
      said += data
    })
    process.once('error', error => {
      said ||= error.message
    })
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]()
    if ((await lines.next()).done) throw new NamespaceError(`the shim does not start (${said.trim()})`)
    return new Shim(process, lines)
  }

  async set({ rttMs, lossPercent }: PathSettings): Promise<void> {
    this.#order(`set ${Math.round((rttMs / 2) * 1000)} ${Math.round(lossPercent * 10_000)}`)
    await this.count() // orders are taken one after another
  }

  /** @throws NamespaceError if the shim has ended */
  async count(): Promise<PathCounter> {
    this.#order('count')
    const { value, done } = await this.#lines.next()
    if (done) throw new NamespaceError('the shim has ended')
    const [packets, lost, overflowed] = value.split(' ').map(Number)
    return { packets: packets!, lost: lost!, overflowed: overflowed! }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.stdin!.end()
    await ended
  }

  #order(line: string): void {
    this.#process.stdin!.write(`${line}\n`)
  }
}
