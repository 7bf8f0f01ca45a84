/** The columns of the list of providers. On a phone, the first ones hold what the others hide. */
import { mbpsText, rateText, shareText, shortHex, tokensText } from '../../evidence/text/figures.js'
import type { ListedProvider } from '../data/provider-list.js'
import { regionText } from '../model/region-text.js'
import { Breaches } from '../parts/breaches.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { StandingText } from '../parts/standing-text.js'
import { LINK } from '../route.js'

export const PROVIDER_COLUMNS: readonly Column<ListedProvider>[] = [
  {
    ...{ key: 'provider', title: 'Provider', term: 'provider', sort: 'provider' },
    cell: row => (
      <>
        <a href={LINK.provider(row.provider)} title={row.provider}>
          <code>{shortHex(row.provider)}</code>
        </a>
        <span class="below">
          <StandingText of={row.standing} />
        </span>
      </>
    ),
  },
  {
    ...{ key: 'state', title: 'State', term: 'slashing threshold', isWide: true },
    cell: row => <StandingText of={row.standing} />,
  },
  {
    ...{ key: 'region', title: 'Region', isWide: true },
    cell: ({ region }) => (region === null ? NOTHING : regionText(region)),
  },
  {
    ...{ key: 'claim', title: 'Claimed', term: 'claim', unit: 'Mbit/s', isFigure: true, isWide: true, sort: 'claim' },
    cell: row => mbpsText(row.claimKbps),
  },
  {
    ...{ key: 'rate', title: 'Certified', term: 'certified rate', unit: 'Mbit/s', isFigure: true, sort: 'rate' },
    cell: ({ leaf, claimKbps }) => (
      <>
        {leaf === null || leaf.rateKbps === null ? NOTHING : mbpsText(leaf.rateKbps)}
        <span class="below">of {rateText(claimKbps)}</span>
      </>
    ),
  },
  {
    ...{ key: 'uptime', title: 'Uptime', term: 'uptime U', isFigure: true, isWide: true, sort: 'uptime' },
    cell: ({ leaf }) => (leaf === null ? NOTHING : shareText(leaf.uptimeBps)),
  },
  {
    ...{ key: 'score', title: 'Score', term: 'score R', isFigure: true, sort: 'score' },
    cell: ({ leaf }) =>
      leaf === null ? (
        NOTHING
      ) : (
        <>
          {shareText(leaf.scoreBps)}
          <span class="below">tier {leaf.tier}</span>
        </>
      ),
  },
  {
    ...{ key: 'tier', title: 'Tier', term: 'tier', isFigure: true, isWide: true, sort: 'tier' },
    cell: ({ leaf }) => leaf?.tier ?? NOTHING,
  },
  {
    ...{ key: 'breaches', title: 'Breaches', term: 'breach', sort: 'breaches' },
    cell: ({ leaf }) => (leaf === null ? NOTHING : <Breaches bits={leaf.breachBits} />),
  },
  {
    ...{ key: 'share', title: 'Share', unit: 'of all claims', isFigure: true, isWide: true },
    cell: row => shareText(row.shareBps),
  },
  {
    ...{ key: 'stake', title: 'Stake', term: 'stake', unit: 'tokens', isFigure: true, isWide: true, sort: 'stake' },
    cell: row => tokensText(BigInt(row.stake)),
  },
  {
    ...{ key: 'slashed', title: 'Slashed', term: 'penalty', unit: 'tokens', isFigure: true, isWide: true },
    sort: 'slashed',
    cell: ({ slashed }) => (slashed === '0' ? NOTHING : <span class="bad">{tokensText(BigInt(slashed))}</span>),
  },
]
