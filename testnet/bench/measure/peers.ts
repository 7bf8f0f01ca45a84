/** The tools that people would use instead, on the same link: iperf3 in four ways, and the median of thirty seconds. */
import { flowBeganMs } from '../../lab/iperf3.js'
import type { Calibration, Cell, Lab, ToolFlow, ToolRequest } from '../../lab/lab.js'
import { medianOfSeconds } from './readings.js'
import type { ToolResult, ToolRow } from './results.js'

const TCP_SECONDS = 10
const THIRTY_SECONDS = 30
/** UDP tools offer a tenth above the link's rate, like a person who knows roughly what the link carries. */
const OFFER = 1.1

interface Peer {
  readonly tool: string
  readonly request: (cell: Cell) => ToolRequest
  /** The tool's reading of the flow (default: iperf3's own). */
  readonly read?: (flow: ToolFlow) => { readonly kbps: number }
}

const tcp =
  (...options: string[]) =>
  (): ToolRequest => ({ protocol: 'tcp', seconds: TCP_SECONDS, options })
const udp =
  (seconds: number) =>
  ({ rateKbps }: Cell): ToolRequest => ({
    protocol: 'udp',
    seconds,
    options: ['--bitrate', `${Math.round(OFFER * rateKbps)}k`],
  })

const PEERS: readonly Peer[] = [
  { tool: 'iperf3 cubic', request: tcp('--congestion', 'cubic') },
  { tool: 'iperf3 BBR', request: tcp('--congestion', 'bbr') },
  { tool: 'iperf3 BBR -O2 -P8', request: tcp('--congestion', 'bbr', '--omit', '2', '--parallel', '8') },
  { tool: 'iperf3 UDP', request: udp(TCP_SECONDS) },
  {
    tool: '30 × 1 s median',
    request: udp(THIRTY_SECONDS),
    read: ({ link }) => medianOfSeconds(link, flowBeganMs(link)),
  },
]

/**
 * Runs each tool `count` times. A tool that this machine lacks (BBR) has failures instead of rows.
 *
 * @param progress called before every run; may throw to end the bench
 */
export async function measurePeers(
  iperf3: NonNullable<Lab['iperf3']>,
  cell: Cell,
  calibration: Calibration,
  count: number,
  progress: (line: string) => void,
): Promise<ToolResult[]> {
  const results: ToolResult[] = []
  for (const { tool, request, read } of PEERS) {
    const rows: ToolRow[] = []
    const failures: string[] = []
    for (let i = 0; i < count; i++) {
      progress(`${tool} ${i + 1}/${count}`)
      try {
        const flow = await iperf3(request(cell))
        // The median of seconds reads the link's own counter, before the path loses anything.
        const truthKbps = calibration.linkKbps * (read ? 1 : 1 - cell.lossPercent / 100)
        const readingKbps = read ? read(flow).kbps : flow.readingKbps
        const { seconds, bytes } = flow
        rows.push({ readingKbps, truthKbps, error: readingKbps / truthKbps - 1, seconds, bytes })
      } catch (error) {
        failures.push((error as Error).message)
      }
    }
    results.push({ tool, rows, failures })
  }
  return results
}
