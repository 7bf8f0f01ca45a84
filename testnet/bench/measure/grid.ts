/** The cells of a grid, how often each is measured, and where other tools are measured too. Pure. */
import { UserError } from '../../../verifier/config/errors.js'
import type { Cell } from '../../lab/lab.js'
import type { PathSettings } from '../../lab/path.js'

export interface GridOptions {
  readonly rates: string
  readonly rtts: string
  readonly losses: string
  readonly repeat: string
  readonly peers: string
  readonly quick: boolean
}

export const GRID_DEFAULTS = {
  rates: '10,50,100,250,500,1000',
  rtts: '1,50,150',
  losses: '0,0.1,1',
  repeat: '20',
  peers: '3',
} as const
const QUICK_DEFAULTS = { repeat: '3', peers: '1' } as const
/**
 * Cells beside the product of these: between 500 and 1000 Mbit/s the senders may overrun the socket of the provider or
 * of the receiver.
 */
const LARGE = { rates: '600,730,850', rtts: '1,85', losses: '0,0.4' } as const
const QUICK_LARGE = { rates: '730', rtts: '1,85', losses: '0.4' } as const

/** The nine cells where other tools are measured too: each decade of rates on a near, a usual and a bad path. */
const PEER_RATES_MBPS = [10, 100, 1000]
const PEER_PATHS: readonly PathSettings[] = [
  { rttMs: 1, lossPercent: 0 },
  { rttMs: 50, lossPercent: 0.1 },
  { rttMs: 150, lossPercent: 1 },
]
/** `--quick` takes three of these cells: each path once. */
const QUICK_PEER_RATES_MBPS = [10, 100, 100]

export interface PlannedCell {
  readonly cell: Cell
  /** sessions */
  readonly repeat: number
  /** runs of every other tool */
  readonly peers: number
}

/** Fills in the defaults, which differ with `--quick`. Naming any cells drops all others. @throws UserError 'usage' */
export function planGrid(given: Partial<GridOptions>): PlannedCell[] {
  const options = { ...GRID_DEFAULTS, ...(given.quick ? QUICK_DEFAULTS : {}), ...given }
  if (given.rates ?? given.rtts ?? given.losses) return planProduct(options)
  return [...planProduct(options), ...planProduct({ ...options, ...(given.quick ? QUICK_LARGE : LARGE) })]
}

/** Every rate on every path. */
function planProduct(options: Omit<GridOptions, 'quick'> & Pick<Partial<GridOptions>, 'quick'>): PlannedCell[] {
  const rates = numbers('rates', options.rates, rate => rate >= 1 && rate <= 10_000)
  const rtts = numbers('rtts', options.rtts, rtt => rtt >= 0 && rtt <= 1000)
  const losses = numbers('losses', options.losses, loss => loss >= 0 && loss <= 50)
  const [repeat] = numbers('repeat', options.repeat, count => Number.isInteger(count) && count >= 1)
  const [peers] = numbers('peers', options.peers, count => Number.isInteger(count) && count >= 0)
  const hasPeers = (mbps: number, path: PathSettings) => {
    const index = PEER_PATHS.findIndex(
      ({ rttMs, lossPercent }) => rttMs === path.rttMs && lossPercent === path.lossPercent,
    )
    return index >= 0 && (options.quick ? QUICK_PEER_RATES_MBPS[index] === mbps : PEER_RATES_MBPS.includes(mbps))
  }
  return rates.flatMap(mbps =>
    rtts.flatMap(rttMs =>
      losses.map(lossPercent => {
        const cell = { rateKbps: mbps * 1000, rttMs, lossPercent }
        return { cell, repeat: repeat!, peers: hasPeers(mbps, cell) ? peers! : 0 }
      }),
    ),
  )
}

export const cellName = ({ rateKbps, rttMs, lossPercent }: Cell): string =>
  `${rateKbps / 1000} Mbit/s, ${rttMs} ms, ${lossPercent} %`

function numbers(option: string, text: string, fits: (value: number) => boolean): number[] {
  const values = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (values.every(fits)) return values
  throw new UserError('usage', `--${option} ${text} is out of range: give numbers with commas between them.`)
}
