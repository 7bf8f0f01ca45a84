/** Delay and loss on the receiver's link: by netem if the kernel has it, else by the shim beside this file. */
import { fileURLToPath } from 'node:url'
import { ChildProcess } from '../process/child-process.js'
import type { Watchdog } from '../process/watchdog.js'
import { compileC } from './compile.js'
import type { Namespace } from './namespace.js'

export interface PathSettings {
  /** both ways together */
  readonly rttMs: number
  /** of a hundred packets, in each direction */
  readonly lossPercent: number
}

/** Packets towards the receiver since the start. */
export interface PathCounter {
  readonly packets: number
  /** deliberately */
  readonly lost: number
  /** lost because the path could not carry them */
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

/** In packets: enough for 150 ms at 2 Gbit/s, so that delay alone drops nothing. */
const NETEM_LIMIT = 32_768
/** Packets that may wait at a TUN device while the shim is not scheduled. The kernel's 500 are only 5 ms at 1 Gbit/s. */
const TUN_QUEUE = 10_000
/** For the shim's one line: to start, or to count, on a machine that is busy. */
const ANSWER_MS = 10_000
const SHIM_SOURCE = fileURLToPath(new URL('./shim.c', import.meta.url))

/** Joins the receiver to the hub. @throws Error if neither way works */
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
    // netem does not tell its own loss from a full queue. A full queue shows in the calibration.
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

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** @throws ChildError if the shim does not start */
  static async start(argv: readonly string[], watchdog: Watchdog): Promise<Shim> {
    const process = ChildProcess.start({ name: 'the shim', argv, watchdog, input: 'pipe', farewell: 'close-input' })
    await process.line(ANSWER_MS)
    return new Shim(process)
  }

  async set({ rttMs, lossPercent }: PathSettings): Promise<void> {
    this.#process.write(`set ${Math.round((rttMs / 2) * 1000)} ${Math.round(lossPercent * 10_000)}\n`)
    await this.count() // orders are taken one after another
  }

  /** @throws ChildError if the shim has ended */
  async count(): Promise<PathCounter> {
    this.#process.write('count\n')
    const [packets, lost, overflowed] = (await this.#process.line(ANSWER_MS)).split(' ').map(Number)
    return { packets: packets!, lost: lost!, overflowed: overflowed! }
  }

  async close(): Promise<void> {
    await this.#process.end()
  }
}
