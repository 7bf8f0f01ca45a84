/** The data plane's system calls and nothing else, in a C program: the cost of plain sockets, packet by packet. */
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { type Compiled, compileC } from '../../lab/compile.js'
import { ChildError } from '../../process/child-end.js'
import { ChildProcess } from '../../process/child-process.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Path } from './path.js'
import { ROLES, type Role } from './role-messages.js'
import type { Trial } from './search.js'

const SOURCE = fileURLToPath(new URL('./bare.c', import.meta.url))
const PORTS: Record<Role, string> = { sender: '5304', relay: '5305', receiver: '5306' }
/** For the last datagrams to arrive. */
const DRAIN_MS = 100
const BOUND_MS = 5000
/** For a program to count and end, beyond the time for which datagrams flow. */
const SLACK_MS = 10_000

export interface BareTrial extends Trial {
  readonly coreSeconds: Readonly<Record<Role, number>>
  readonly kernelSeconds: Readonly<Record<Role, number>>
}

/** @returns undefined if there is no C compiler */
export async function compileBare(watchdog: Watchdog): Promise<Compiled | undefined> {
  try {
    return await compileC(SOURCE, watchdog)
  } catch (error) {
    if (error instanceof ChildError) return undefined
    throw error
  }
}

export async function bare(
  { program }: Compiled,
  path: Path,
  gbps: number,
  ms: number,
  watchdog: Watchdog,
): Promise<BareTrial> {
  const { host } = path
  const programs: { end(): Promise<unknown> }[] = []
  const start = async (role: Role, args: readonly string[]) => {
    const started = await startProgram(role, path.inside[role]([program, ...args]), ms, watchdog)
    programs.push(started)
    return started
  }
  const carry = async () => {
    const relayHost = host.relay === host.sender ? host.relay : '0.0.0.0'
    const receiver = await start('receiver', ['receive', host.receiver, PORTS.receiver])
    const relay = await start('relay', ['forward', relayHost, PORTS.relay, host.receiver, PORTS.receiver])
    const pace = [String((gbps * 1e9) / 8), String(ms)]
    const sender = await start('sender', ['send', host.sender, PORTS.sender, host.relay, PORTS.relay, ...pace])
    const sent = await sender.counts()
    await pause(DRAIN_MS)
    for (const one of [relay, receiver]) one.closeInput()
    return { sender: sent, relay: await relay.counts(), receiver: await receiver.counts() }
  }
  const counts = await carry().finally(() => Promise.all(programs.map(one => one.end())))
  const { datagrams, firstUs, lastUs } = counts.receiver
  const gigabits = (datagrams * DATAGRAM_BYTES * 8) / 1e9
  const perGigabit = (seconds: (of: Counts) => number) =>
    Object.fromEntries(ROLES.map(role => [role, seconds(counts[role]) / gigabits])) as Record<Role, number>
  return {
    gbps: lastUs > firstUs ? gigabits / ((lastUs - firstUs) / 1e6) : 0,
    loss: counts.sender.datagrams > 0 ? 1 - datagrams / counts.sender.datagrams : 1,
    coreSeconds: perGigabit(({ userUs, systemUs }) => (userUs + systemUs) / 1e6),
    kernelSeconds: perGigabit(({ systemUs }) => systemUs / 1e6),
  }
}

interface Counts {
  readonly datagrams: number
  readonly userUs: number
  readonly systemUs: number
  readonly firstUs: number
  readonly lastUs: number
}

/** Resolves once the program's socket is bound. @throws ChildError if the program ends or stays silent instead */
async function startProgram(role: Role, argv: readonly string[], ms: number, watchdog: Watchdog) {
  const name = `bare.c as the ${role}`
  const child = ChildProcess.start({ name, argv, watchdog, input: 'pipe', farewell: 'close-input' })
  await child.line(BOUND_MS)
  return {
    counts: async (): Promise<Counts> => {
      const line = await child.line(ms + SLACK_MS)
      await child.endWithin(SLACK_MS)
      const [datagrams = 0, userUs = 0, systemUs = 0, firstUs = 0, lastUs = 0] = line.split(' ').map(Number)
      return { datagrams, userUs, systemUs, firstUs, lastUs }
    },
    closeInput: () => child.closeInput(),
    end: () => child.end(),
  }
}
