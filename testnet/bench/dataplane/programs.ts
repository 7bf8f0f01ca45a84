/** The programs that people would use instead: iperf3 over the path alone, and socat as a relay. */
import { setTimeout as pause } from 'node:timers/promises'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { ChildError, describeEnd } from '../../process/child-end.js'
import { ChildProcess } from '../../process/child-process.js'
import { run } from '../../process/commands.js'
import type { Watchdog } from '../../process/watchdog.js'
import type { Path } from './path.js'
import type { Trial } from './search.js'
import type { RelayPart } from './transfer.js'

const IPERF_PORT = 5301
const SOCAT_PORT = 5302
const SOCAT_SOURCE_PORT = 5303
const SOCKET_BUFFER = 4 << 20
/** From a program's start until it listens. */
const LISTEN_MS = 300
/** Time that the iperf3 client may take beyond its sending time. */
const SLACK_MS = 20_000

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
  const argv = path.inside.receiver(['iperf3', '--server', '--one-off', '--port', String(IPERF_PORT)])
  const serving = ChildProcess.start({ name: 'the iperf3 server', argv, watchdog, output: 'ignore' })
  try {
    await pause(LISTEN_MS)
    const client = path.inside.sender([
      ...['iperf3', '--client', path.host.receiver, '--port', String(IPERF_PORT), '--json', '--udp'],
      ...['--bitrate', `${Math.round(gbps * 1e9)}`, '--length', String(DATAGRAM_BYTES)],
      ...['--window', String(SOCKET_BUFFER / 2), '--time', String(ms / 1000)],
    ])
    const { error, end } = JSON.parse(await run(client, ms + SLACK_MS)) as IperfJson
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
    await serving.end()
  }
}

export interface Socat extends RelayPart {
  close(): Promise<void>
}

/** @param challenge tells the receiver socat's address, as our own relay would do by itself */
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
  const child = ChildProcess.start({ name: 'socat', argv, watchdog, output: 'ignore' })
  await pause(LISTEN_MS)
  if (!child.isRunning) throw new ChildError('socat', describeEnd(await child.ended), child.said)
  return {
    pid: child.pid,
    host: path.host.relay,
    port: SOCAT_PORT,
    open: challenge,
    finish: async () => {},
    close: async () => {
      await child.end()
    },
  }
}
