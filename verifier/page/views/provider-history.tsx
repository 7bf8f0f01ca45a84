/** How a provider's rate and score went on, as charts and epoch by epoch. */
import { useMemo, useState } from 'preact/hooks'
import type { Hex } from '../../../proto/hex.js'
import { type History, useHistory } from '../data/use-history.js'
import { isBreachAfter } from '../model/breach-epochs.js'
import { Chart, type Line } from '../parts/chart.js'
import { Answered } from '../parts/loaded.js'
import { Pages } from '../parts/pages.js'
import { HISTORY_COLUMNS } from './history-columns.js'

const DAY_MS = 86_400_000
const SPANS = [
  { title: '1 day', ms: DAY_MS },
  { title: '1 week', ms: 7 * DAY_MS },
  { title: '1 month', ms: 30 * DAY_MS },
] as const

export function ProviderHistory({ provider }: { provider: Hex }) {
  const [spanMs, setSpanMs] = useState<number>(SPANS[0].ms)
  const loaded = useHistory(provider, spanMs)
  return (
    <>
      <h2>Over time</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has a border and a legend of its own */}
      <div class="choice" role="group" aria-label="Time shown">
        {SPANS.map(({ title, ms }) => (
          <button key={title} type="button" aria-pressed={ms === spanMs} onClick={() => setSpanMs(ms)}>
            {title}
          </button>
        ))}
      </div>
      <Answered of={loaded}>{history => <Past history={history} provider={provider} />}</Answered>
    </>
  )
}

function Past({ history: { items, isCut }, provider }: { history: History; provider: Hex }) {
  const lines = useMemo(() => linesOf(items), [items])
  const newestFirst = useMemo(() => items.toReversed(), [items])
  if (items.length === 0) return <p class="note">No report holds this provider yet.</p>
  const [first, last] = [items[0]!.epoch, items.at(-1)!.epoch]
  const span = first === last ? `epoch ${first}` : `epochs ${first} to ${last}`
  return (
    <>
      {isCut && <p class="note quiet">Only the newest {items.length} epochs of this time are shown.</p>}
      <div class="charts">
        <figure>
          <figcaption>Rate in Mbit/s over time in UTC; ● a breach, and a gap where it was unmeasured</figcaption>
          <Chart
            label={`Claimed and certified rate in ${span}`}
            times={lines.times}
            lines={lines.rates}
            unit="Mbit/s"
          />
        </figure>
        <figure>
          <figcaption>Score and uptime in % over time in UTC</figcaption>
          <Chart label={`Score and uptime in ${span}`} times={lines.times} lines={lines.shares} unit="%" most={100} />
        </figure>
      </div>
      <h2>Every epoch</h2>
      <Pages
        caption={`Epochs of provider ${provider}`}
        columns={HISTORY_COLUMNS}
        rows={newestFirst}
        keyOf={({ epoch }) => epoch}
        classOfRow={({ leaf }) => (leaf.penaltyBps > 0 ? 'marked' : undefined)}
        empty="No report holds this provider yet."
      />
    </>
  )
}

function linesOf(items: History['items']): { times: number[]; rates: Line[]; shares: Line[] } {
  const mbps = (kbps: number | null) => (kbps === null ? null : kbps / 1000)
  const percent = (bps: number) => bps / 100
  const leaves = items.map(({ leaf }) => leaf)
  return {
    times: items.map(({ startMs }) => startMs / 1000),
    rates: [
      {
        label: 'Claimed',
        colour: '--quiet',
        isDashed: true,
        isStepped: true,
        values: leaves.map(leaf => mbps(leaf.claimKbps)),
      },
      { label: 'Certified', colour: '--link', values: leaves.map(leaf => mbps(leaf.rateKbps)) },
      {
        ...({ label: 'Breach', colour: '--bad', isPoints: true } as const),
        values: leaves.map((leaf, i) => (isBreachAfter(leaf, leaves[i - 1]) ? mbps(leaf.rateKbps ?? 0) : null)),
      },
    ],
    shares: [
      { label: 'Score', colour: '--link', values: leaves.map(leaf => percent(leaf.scoreBps)) },
      { label: 'Uptime', colour: '--good', values: leaves.map(leaf => percent(leaf.uptimeBps)) },
    ],
  }
}
