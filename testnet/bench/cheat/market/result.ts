/** What cheats at others' cost came to, each beside its bound. Pure: all of it follows from the results of the runs. */
import type { ProviderResult, ResultEvent } from '../../../network/events.js'

/** One figure of a cheat. Bytes of the IP layer, wei, or basis points, as the unit says. */
export interface Row {
  readonly cheat: string
  /** what was measured: a noun phrase */
  readonly what: string
  readonly unit: 'bytes' | 'wei' | 'bps'
  /** Decimal strings, since wei exceed what a number holds. */
  readonly figure: string
  readonly bound: string
  /** what the bound is: a noun phrase */
  readonly boundIs: string
  /** The figure must be below the bound, and not merely at most the bound. */
  readonly strictly: boolean
}

/** A finished run of a network. */
export interface NetworkRun {
  readonly name: string
  readonly result: ResultEvent
}

/** What came of a network. */
export interface NetworkResult {
  readonly name: string
  readonly rows: readonly Row[]
  readonly failures: readonly string[]
  readonly notes: readonly string[]
  readonly minutes: number
}

export interface MarketCheatResult {
  readonly bench: 'cheat-market'
  readonly date: string
  readonly machine: string
  readonly seed: string
  readonly claimKbps: number
  readonly epochs: number
  readonly networks: readonly NetworkResult[]
  readonly verdict: string
}

export const rowsOf = ({ result }: NetworkRun): Row[] => [
  ...result.providers.flatMap(one => (one.profile === 'tollgate' ? tollgateRows(one, result) : [])),
  ...result.providers.flatMap(one => (OVERBILLING.includes(one.profile) ? billRows(one) : [])),
  ...result.clients.flatMap(({ profile, taken }) =>
    taken.map(({ what, bytes, mostBytes }) => ({
      ...{ cheat: profile, what: `carried ${what}, unpaid`, unit: 'bytes' as const, strictly: false },
      ...{ figure: `${bytes}`, bound: `${mostBytes}`, boundIs: BOUNDS[profile] ?? 'the most that is stated' },
    })),
  ),
]

const OVERBILLING: readonly string[] = ['padder', 'repeater']

const BOUNDS: Readonly<Record<string, string>> = {
  freeloader: 'the stated credit',
  overspender: 'W for each session',
}

/** Two honest providers differ by so much after some minutes, because one lost a few ticks of a hundred or two. */
const TICKS_BPS = 100

function tollgateRows(tollgate: ProviderResult, { providers }: ResultEvent): Row[] {
  const honest = providers.filter(({ profile }) => profile === 'honest')
  const row = { cheat: 'tollgate' } as const
  return [
    {
      ...{ ...row, what: 'revenue', unit: 'wei', strictly: true },
      ...{ figure: revenueOf(tollgate), boundIs: 'that of the honest provider beside it' },
      bound: honest.map(revenueOf).sort(byAmount).at(-1) ?? '0',
    },
    {
      ...{ ...row, what: 'score', unit: 'bps', strictly: false },
      ...{ figure: `${tollgate.scoreBps}`, boundIs: 'the highest score of an honest provider, and 1 % for lost ticks' },
      bound: `${Math.max(...honest.map(({ scoreBps }) => scoreBps)) + TICKS_BPS}`,
    },
  ]
}

const billRows = ({ profile, sales }: ProviderResult): Row[] => [
  {
    ...{ cheat: profile, what: 'paid', unit: 'wei', strictly: false },
    ...{ figure: sales?.revenue ?? '0', bound: sales?.owed ?? '0', boundIs: 'the price of what it carried' },
  },
]

const byAmount = (a: string, b: string): number => (BigInt(a) < BigInt(b) ? -1 : 1)

const revenueOf = ({ sales }: ProviderResult): string => sales?.revenue ?? '0'

export const isKept = ({ figure, bound, strictly }: Row): boolean =>
  strictly ? BigInt(figure) < BigInt(bound) : BigInt(figure) <= BigInt(bound)

/** One sentence for each bound that does not hold, for each cheat that did not cheat, and for what clients did not get. */
export const failuresOf = (run: NetworkRun): string[] => [
  ...rowsOf(run)
    .filter(row => !isKept(row))
    .map(({ cheat, what, unit, figure, bound }) => `${cheat}: ${what} ${figure} ${unit}, bound ${bound}.`),
  ...run.result.providers.flatMap(idle),
  ...run.result.failures.filter(isOfClient(run)),
]

/** What else the network did not keep. On a busy machine providers read low, and no bound here is about that. */
export const notesOf = (run: NetworkRun): string[] => run.result.failures.filter(failure => !isOfClient(run)(failure))

const isOfClient =
  ({ result }: NetworkRun) =>
  (failure: string): boolean =>
    result.clients.some(({ name }) => failure.startsWith(`${name} `))

const LEAST_OVERBILLED = 1.2

/** A cheat that carried nothing for users, or billed what it carried, proves nothing. */
function idle({ profile, sales }: ProviderResult): string[] {
  if (sales?.carriedBytes == null || sales.billedBytes === null) return []
  const { carriedBytes, billedBytes } = sales
  if (carriedBytes === 0) return [`${profile}: it carried nothing for users, so it proves nothing.`]
  const isModest = OVERBILLING.includes(profile) && billedBytes < LEAST_OVERBILLED * carriedBytes
  return isModest ? [`${profile}: it hardly billed more than it carried.`] : []
}

/** The networks of an earlier result, those that ran again in their new form. */
export const completed = (earlier: readonly NetworkResult[], ran: readonly NetworkResult[]): NetworkResult[] => [
  ...earlier.filter(old => !ran.some(({ name }) => name === old.name)),
  ...ran,
]

export function verdictOf(networks: readonly NetworkResult[]): string {
  const rows = networks.flatMap(network => network.rows)
  const failures = networks.flatMap(network => network.failures)
  if (failures.length > 0) return `FAIL cheat --market: ${failures.join(' ')}`
  return `PASS cheat --market: all ${rows.length} bounds hold`
}
