/** The tables of the live view, each in the widest layout that the terminal has room for. Pure. */
import { breachText, mbpsText, rateText, shareText, shortHex, tokensText } from '../../verifier/cli/figures.js'
import { textTable } from '../../verifier/cli/text-table.js'
import type { EpochEvent, ProviderScore, ReadyEvent } from './events.js'

/** What was taken from a provider, and what is left, wei. */
export interface SeenStake {
  readonly stake: bigint
  readonly slashed: bigint
}

/** A provider of the run, or one that was added by hand, which only scores tell of. */
type Shown = Pick<ProviderScore, 'name' | 'address' | 'profile' | 'claimKbps'>

interface Row {
  readonly provider: Shown
  readonly score: ProviderScore | undefined
  readonly seen: SeenStake | undefined
}

type Column = readonly [title: string, cell: (row: Row) => string]

const NAME: Column = ['PROVIDER', ({ provider }) => provider.name]
const FULL: Column = ['ADDRESS', ({ provider }) => provider.address]
const SHORT: Column = ['ADDRESS', ({ provider }) => shortHex(provider.address)]
const PROFILE: Column = ['PROFILE', ({ provider }) => provider.profile]
const ofScore = (title: string, text: (score: ProviderScore) => string): Column => [
  title,
  ({ score }) => (score === undefined ? '' : text(score)),
]
const RATES: readonly Column[] = [
  ['CLAIM', ({ provider }) => rateText(provider.claimKbps)],
  ofScore('CERTIFIED', ({ rateKbps }) => rateText(rateKbps)),
]
const MBPS: readonly Column[] = [
  ['CLAIM', ({ provider }) => mbpsText(provider.claimKbps)],
  ofScore('MBIT/S', ({ rateKbps }) => (rateKbps === null ? 'none' : mbpsText(rateKbps))),
]
const SCORES: readonly Column[] = [
  ofScore('UPTIME', ({ uptimeBps }) => shareText(uptimeBps)),
  ofScore('SCORE', ({ scoreBps }) => shareText(scoreBps)),
  ofScore('BREACHES', ({ breachBits }) => breachText(breachBits)),
]
const STAKE: Column = ['STAKE', ({ seen }) => (seen === undefined ? 'intact' : tokensText(seen.stake))]
const SLASHED: Column = ['SLASHED', ({ seen }) => (seen === undefined ? '' : tokensText(seen.slashed))]

/** The widest first. The last one fits 80 columns; on less it is cut. */
const LAYOUTS: readonly (readonly Column[])[] = [
  [NAME, FULL, PROFILE, ...RATES, ...SCORES, STAKE, SLASHED],
  [NAME, SHORT, PROFILE, ...RATES, ...SCORES, STAKE, SLASHED],
  [NAME, PROFILE, ...MBPS, ...SCORES, STAKE],
]

export function providersTable(
  providers: ReadyEvent['providers'],
  scores: readonly ProviderScore[],
  stakes: ReadonlyMap<string, SeenStake>,
  columns: number,
): string {
  const guests = scores.filter(({ address }) => providers.every(one => one.address !== address))
  const rows = [...providers, ...guests].map((provider: Shown) => ({
    provider,
    score: scores.find(({ address }) => address === provider.address),
    seen: stakes.get(provider.address),
  }))
  return widestOf(
    LAYOUTS.map(layout => [layout.map(([title]) => title), ...rows.map(row => layout.map(([, cell]) => cell(row)))]),
    columns,
  )
}

export function reportsTable(epochs: readonly EpochEvent[], columns: number): string {
  const rows = (hash: (hex: string) => string) =>
    epochs.map(({ epoch, posted, signers, verifiers, round, gasUsed, txHash }) =>
      posted
        ? [`${epoch}`, `${signers} of ${verifiers}`, `${round}`, `${gasUsed}`, hash(txHash!)]
        : [`${epoch}`, 'no report', '', '', ''],
    )
  const heading = ['EPOCH', 'SIGNERS', 'ROUND', 'GAS', 'TRANSACTION']
  return widestOf(
    [
      [heading, ...rows(hex => hex)],
      [heading, ...rows(shortHex)],
    ],
    columns,
  )
}

function widestOf(tables: readonly (readonly (readonly string[])[])[], columns: number): string {
  const texts = tables.map(textTable)
  const fits = (text: string) => text.split('\n').every(line => line.length <= columns)
  return texts.find(fits) ?? texts.at(-1)!
}
