/** The system calls of the data plane and nothing else, by a program in C: what plain sockets cost, packet by packet. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { CommandError } from '../../lab/commands.js'
import { type Compiled, compileC } from '../../lab/compile.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Path } from './path.js'
import { ROLES, type Role } from './role-messages.js'
import type { Trial } from './search.js'

const SOURCE = fileURLToPath(new URL('./bare.c', import.meta.url))
const PORTS: Record<Role, string> = { sender: '5304', relay: '5305', receiver: '5306' }
/** For what was sent last to arrive. */
const DRAIN_MS = 100

export interface BareTrial extends Trial {
  readonly coreSeconds: Readonly<Record<Role, number>>
  readonly kernelSeconds: Readonly<Record<Role, number>>
}

/** @returns undefined where there is no C compiler */
export async function compileBare(watchdog: Watchdog): Promise<Compiled | undefined> {
  try {
    return await compileC(SOURCE, watchdog)
  } catch (error) {
    if (error instanceof CommandError) return undefined
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
  const start = (role: Role, args: readonly string[]) => startProgram(path.inside[role]([program, ...args]), watchdog)
  const relayHost = host.relay === host.sender ? host.relay : '0.0.0.0'
  const receiver = await start('receiver', ['receive', host.receiver, PORTS.receiver])
  const relay = await start('relay', ['forward', relayHost, PORTS.relay, host.receiver, PORTS.receiver])
  const pace = [String((gbps * 1e9) / 8), String(ms)]
  const sender = await start('sender', ['send', host.sender, PORTS.sender, host.relay, PORTS.relay, ...pace])
  const sent = await sender.counted
  await pause(DRAIN_MS)
  for (const one of [relay, receiver]) one.end()
  const counts = { sender: sent, relay: await relay.counted, receiver: await receiver.counted }
  const { datagrams, firstUs, lastUs } = counts.receiver
  const gigabits = (datagrams * DATAGRAM_BYTES * 8) / 1e9
  const perGigabit = (seconds: (of: Counts) => number) =>
    Object.fromEntries(ROLES.map(role => [role, seconds(counts[role]) / gigabits])) as Record<Role, number>
  return {
    gbps: lastUs > firstUs ? gigabits / ((lastUs - firstUs) / 1e6) : 0,
    loss: sent.datagrams > 0 ? 1 - datagrams / sent.datagrams : 1,
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

/** Resolves once it is bound. @throws Error if it ends before */
async function startProgram(argv: readonly string[], watchdog: Watchdog) {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.pid !== undefined) watchdog.watch(child.pid)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit')
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`bare ended without a word (${argv.join(' ')})`)
    return value
  }
  await line()
  const counted = line().then(async (text): Promise<Counts> => {
    await ended
    const [datagrams = 0, userUs = 0, systemUs = 0, firstUs = 0, lastUs = 0] = text.split(' ').map(Number)
    return { datagrams, userUs, systemUs, firstUs, lastUs }
  })
  return { counted, end: () => child.stdin.end() }
}
