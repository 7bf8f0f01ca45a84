/** The columns of a provider's history: one row for each report. */

import { throughputOf } from '../../evidence/score-parts.js'
import { mbpsText, shareText, shortHex, tokensText } from '../../evidence/text/figures.js'
import type { HistoryItem } from '../data/use-history.js'
import { Breaches } from '../parts/breaches.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { Time } from '../parts/time.js'
import { LINK } from '../route.js'

export const HISTORY_COLUMNS: readonly Column<HistoryItem>[] = [
  {
    ...{ key: 'epoch', title: 'Epoch', term: 'epoch' },
    cell: ({ epoch, leaf }) => (
      <a href={LINK.explanation(leaf.provider, epoch)} aria-label={`Epoch ${epoch}: why`}>
        {epoch}: why
      </a>
    ),
  },
  { key: 'time', title: 'Began', isWide: true, cell: ({ startMs }) => <Time ms={startMs} /> },
  {
    ...{ key: 'rate', title: 'Certified', term: 'certified rate', unit: 'Mbit/s', isFigure: true },
    cell: ({ leaf }) => (leaf.rateKbps === null ? <span class="warn">unmeasured</span> : mbpsText(leaf.rateKbps)),
  },
  {
    ...{ key: 'claim', title: 'Claimed', term: 'claim', unit: 'Mbit/s', isFigure: true, isWide: true },
    cell: ({ leaf }) => mbpsText(leaf.claimKbps),
  },
  {
    ...{ key: 'throughput', title: 'T', term: 'throughput T', isFigure: true, isWide: true },
    cell: ({ leaf }) => throughputOf(leaf).toFixed(3),
  },
  {
    ...{ key: 'uptime', title: 'Uptime', term: 'uptime U', isFigure: true, isWide: true },
    cell: ({ leaf }) => shareText(leaf.uptimeBps),
  },
  {
    ...{ key: 'score', title: 'Score', term: 'score R', isFigure: true },
    cell: ({ leaf }) => shareText(leaf.scoreBps),
  },
  {
    ...{ key: 'tier', title: 'Tier', term: 'tier', isFigure: true, isWide: true },
    cell: ({ leaf }) => leaf.tier,
  },
  {
    ...{ key: 'breaches', title: 'Breaches', term: 'breach' },
    cell: ({ leaf }) => <Breaches bits={leaf.breachBits} />,
  },
  {
    ...{ key: 'penalty', title: 'Penalty', term: 'penalty' },
    cell: ({ leaf, settlement }) => <Penalty bps={leaf.penaltyBps} settlement={settlement} />,
  },
  {
    ...{ key: 'transaction', title: 'Transaction', isWide: true },
    cell: ({ txHash }) => <code title={txHash}>{shortHex(txHash)}</code>,
  },
]

function Penalty({ bps, settlement }: { bps: number; settlement: HistoryItem['settlement'] }) {
  if (bps === 0) return NOTHING
  if (settlement === null) return <span class="warn">not taken yet</span>
  if (settlement.refuted) return <span class="quiet">refuted</span>
  return <span class="bad">{tokensText(BigInt(settlement.charged))} tokens</span>
}
