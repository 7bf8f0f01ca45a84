/** iperf3 from one node of the lab to another. */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { ChildProcess } from '../process/child-process.js'
import type { Watchdog } from '../process/watchdog.js'
import type { Curve } from './curve.js'
import type { ToolRequest } from './lab.js'
import type { Namespace } from './namespace.js'

const LISTEN_MS = 5000
const POLL_MS = 10
/** Beyond the flow's own time: the control connection makes round trips, at 1 % loss some of them twice. */
const SLACK_MS = 10_000
/** A UDP flow begins with one datagram each way. If one is lost, iperf3 waits for ever; the flow is then ended and tried again. */
const TRIES = 3
const INTERVAL_SECONDS = 0.5
/** The kernel's default holds 2 ms of 1 Gbit/s. */
const UDP = ['--udp', '--length', String(DATAGRAM_BYTES), '--window', '2M']
/** No load lasts longer, even if its owner is gone. */
const LOAD_LIMIT_MS = 60_000
/** More than iperf3's two ends exchange before the flow begins. */
const FLOW_BYTES = 20_000
/** A segment's payload with timestamps on a link of 1500, and the whole packet. */
const TCP_PAYLOAD_BYTES = 1448
const TCP_PACKET_BYTES = 1500

interface Sum {
  readonly bytes: number
  readonly seconds: number
  readonly bits_per_second: number
}

/** The parts of iperf3's JSON that are read here. */
export interface Iperf3Json {
  readonly error?: string
  readonly intervals: readonly { readonly sum: Sum }[]
  readonly end: { readonly sum_sent: Sum; readonly sum_received: Sum }
}

export interface Iperf3Result {
  /** the final rate that iperf3 prints for the receiver, at the IP layer */
  readonly readingKbps: number
  /** sent, at the IP layer */
  readonly bytes: number
  readonly seconds: number
  /** rates at the receiver, half a second each, at the IP layer */
  readonly intervalsKbps: readonly number[]
}

export interface Iperf3Ends {
  readonly client: Namespace
  readonly server: Namespace
  /** the server's address, and a port of its own for each flow at a time */
  readonly host: string
  readonly port: number
  readonly watchdog: Watchdog
}

/** @throws Error with iperf3's own message */
export async function runIperf3(ends: Iperf3Ends, request: ToolRequest): Promise<Iperf3Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await runOnce(ends, request)
    } catch (error) {
      if (!(error instanceof SilentError) || tries === TRIES) throw error
    }
  }
}

/** Starts a UDP flow that lasts until it is ended, and whose result nobody reads. @returns ends the flow */
export const startLoad = (ends: Iperf3Ends, rateKbps: number): Promise<() => Promise<void>> =>
  startEndless(ends, [...UDP, '--bitrate', `${rateKbps}k`])

/** TCP connections of the kernel, side by side, that send as much as they can. */
export interface Upload {
  readonly congestionControl: 'cubic' | 'bbr'
  readonly flows: number
}

/** The same with TCP. */
export const startUpload = (ends: Iperf3Ends, { congestionControl, flows }: Upload): Promise<() => Promise<void>> =>
  startEndless(ends, ['--congestion', congestionControl, '--parallel', String(flows)])

async function startEndless(ends: Iperf3Ends, options: readonly string[]): Promise<() => Promise<void>> {
  const { client, server, host, port, watchdog } = ends
  const run = (at: Namespace, options: readonly string[]) =>
    start(at.inside(['iperf3', ...options, '--json', '--port', String(port)]), watchdog, LOAD_LIMIT_MS)
  const serving = run(server, ['--server', '--one-off'])
  await listening(server.pid, port)
  const sending = run(client, ['--client', host, '--time', '0', ...options])
  return async () => {
    await Promise.all([sending.end(), serving.end()])
  }
}

/** iperf3 was ended because it printed nothing in time. */
class SilentError extends Error {}

async function runOnce(ends: Iperf3Ends, request: ToolRequest): Promise<Iperf3Result> {
  const { client, server, host, port, watchdog } = ends
  const { protocol, seconds, options } = request
  const limitMs = seconds * 1000 + SLACK_MS
  const common = ['--json', '--interval', String(INTERVAL_SECONDS), '--port', String(port)]
  const udp = protocol === 'udp' ? UDP : []
  const serving = start(server.inside(['iperf3', '--server', '--one-off', ...common]), watchdog, LISTEN_MS + limitMs)
  try {
    await listening(server.pid, port)
    const flow = ['--client', host, '--time', String(seconds), ...udp, ...options, ...common]
    const sent = await start(client.inside(['iperf3', ...flow]), watchdog, limitMs).output
    return readIperf3(sent, await serving.output, protocol)
  } finally {
    await serving.end() // the port must be free for the next flow
  }
}

/** When a flow began on the link. */
export const flowBeganMs = (link: Curve): number => link.riseMs(link.fromMs, FLOW_BYTES)!

/** @param sent by the client @param received by the server */
export function readIperf3(sent: Iperf3Json, received: Iperf3Json, protocol: ToolRequest['protocol']): Iperf3Result {
  const overhead = protocol === 'udp' ? IP_DATAGRAM_BYTES / DATAGRAM_BYTES : TCP_PACKET_BYTES / TCP_PAYLOAD_BYTES
  return {
    readingKbps: (sent.end.sum_received.bits_per_second / 1000) * overhead,
    bytes: sent.end.sum_sent.bytes * overhead,
    seconds: sent.end.sum_sent.seconds,
    intervalsKbps: received.intervals.map(({ sum }) => (sum.bits_per_second / 1000) * overhead),
  }
}

/** iperf3 with its JSON, which it prints at its end. A process that takes longer than the limit is killed. */
function start(argv: readonly string[], watchdog: Watchdog, limitMs: number) {
  // SIGTERM would have iperf3 tell the other end, and wait.
  const child = ChildProcess.start({ name: 'iperf3', argv, watchdog, farewell: 'SIGKILL' })
  const lines: string[] = []
  child.forEachLine(line => lines.push(line))
  const output = child.endWithin(limitMs).then(end => {
    const text = lines.join('\n')
    const result = parse(text === '' ? child.said.join('\n') : text)
    if (result.error === undefined) return result
    throw end.wanted ? new SilentError('iperf3 printed no result in time') : new Error(`iperf3: ${result.error}`)
  })
  output.catch(() => {}) // for a caller that only ends the flow
  return { output, end: () => child.end() }
}

function parse(text: string): Iperf3Json {
  try {
    return JSON.parse(text) as Iperf3Json
  } catch {
    return { error: text.trim() || 'no output', intervals: [] } as never
  }
}

/** @throws Error if no process listens on the port in time */
async function listening(pid: number, port: number): Promise<void> {
  const entry = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `)
  for (let waitedMs = 0; waitedMs < LISTEN_MS; waitedMs += POLL_MS) {
    if (['tcp', 'tcp6'].some(table => entry.test(readTable(`/proc/${pid}/net/${table}`)))) return
    await pause(POLL_MS)
  }
  throw new Error('iperf3 does not listen')
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // a kernel without IPv6 has no tcp6
  }
}
