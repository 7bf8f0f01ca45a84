/** The programs that people would use instead: iperf3 for the path itself, socat as a relay. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Path } from './path.js'
import type { Trial } from './search.js'
import type { RelayPart } from './transfer.js'

const IPERF_PORT = 5301
const SOCAT_PORT = 5302
const SOCAT_SOURCE_PORT = 5303
const SOCKET_BUFFER = 4 << 20
/** From its start until it listens. */
const LISTEN_MS = 300

export interface IperfTrial extends Trial {
  readonly coreSeconds: { readonly sender: number; readonly receiver: number }
  readonly kernelSeconds: { readonly sender: number; readonly receiver: number }
}

interface IperfJson {
  readonly error?: string
  readonly end: {
    readonly sum: { readonly seconds: number; readonly packets: number; readonly lost_packets: number }
    readonly cpu_utilization_percent: Readonly<
      Record<'host_total' | 'host_system' | 'remote_total' | 'remote_system', number>
    >
  }
}

/** UDP from the sender to the receiver without a relay, over the same links. */
export async function iperf3(path: Path, gbps: number, ms: number, watchdog: Watchdog): Promise<IperfTrial> {
  const server = path.inside.receiver(['iperf3', '--server', '--one-off', '--port', String(IPERF_PORT)])
  const serving = spawn(server[0]!, server.slice(1), { stdio: 'ignore' })
  if (serving.pid !== undefined) watchdog.watch(serving.pid)
  const ended = once(serving, 'exit')
  try {
    await pause(LISTEN_MS)
    const client = path.inside.sender([
      ...['iperf3', '--client', path.host.receiver, '--port', String(IPERF_PORT), '--json', '--udp'],
      ...['--bitrate', `${Math.round(gbps * 1e9)}`, '--length', String(DATAGRAM_BYTES)],
      ...['--window', String(SOCKET_BUFFER / 2), '--time', String(ms / 1000)],
    ])
    const { stdout } = await promisify(execFile)(client[0]!, client.slice(1), { timeout: ms + 20_000 })
    const { error, end } = JSON.parse(stdout) as IperfJson
    if (error !== undefined) throw new Error(`iperf3: ${error}`)
    const { seconds, packets, lost_packets: lost } = end.sum
    const used = end.cpu_utilization_percent
    const gigabits = ((packets - lost) * DATAGRAM_BYTES * 8) / 1e9
    const perGigabit = (percent: number) => (percent * seconds) / 100 / gigabits
    return {
      gbps: gigabits / seconds,
      loss: packets > 0 ? lost / packets : 1,
      coreSeconds: { sender: perGigabit(used.host_total), receiver: perGigabit(used.remote_total) },
      kernelSeconds: { sender: perGigabit(used.host_system), receiver: perGigabit(used.remote_system) },
    }
  } finally {
    serving.kill()
    await ended
  }
}

export interface Socat extends RelayPart {
  close(): Promise<void>
}

/** @param challenge has the receiver know socat's address: a relay of ours would ask for that itself */
export async function startSocat(
  path: Path,
  receiverPort: number,
  challenge: (tag: string) => Promise<void>,
  watchdog: Watchdog,
): Promise<Socat> {
  const argv = path.inside.relay([
    ...['socat', '-u', '-b', '2048', `UDP4-RECV:${SOCAT_PORT},rcvbuf=${SOCKET_BUFFER}`],
    `UDP4-SENDTO:${path.host.receiver}:${receiverPort},sourceport=${SOCAT_SOURCE_PORT},sndbuf=${SOCKET_BUFFER}`,
  ])
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] })
  if (child.pid !== undefined) watchdog.watch(child.pid)
  const ended = once(child, 'exit')
  await pause(LISTEN_MS)
  return {
    pid: child.pid!,
    host: path.host.relay,
    port: SOCAT_PORT,
    sourcePort: SOCAT_SOURCE_PORT,
    open: challenge,
    finish: async () => {},
    close: async () => {
      child.kill()
      await ended
    },
  }
}
