/** One epoch: its report, who signed it, and the score that it gives every provider. */
import { ENDPOINTS } from '../../client/index.js'
import type { EpochPageJson } from '../../evidence/schema/epochs.js'
import type { LeafJson } from '../../evidence/schema/report.js'
import { mbpsText, shareText, shortHex, tokensText } from '../../evidence/text/figures.js'
import { get } from '../data/answers.js'
import { useLive } from '../data/live.js'
import { useAnswer } from '../data/use-answer.js'
import { Breaches } from '../parts/breaches.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { Copied } from '../parts/hash.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Pages } from '../parts/pages.js'
import { Signers } from '../parts/signers.js'
import { Term } from '../parts/term.js'
import { Time } from '../parts/time.js'
import { LINK } from '../route.js'
import { EpochStateText } from './epochs.js'

const LEAF_COLUMNS: readonly Column<LeafJson>[] = [
  {
    ...{ key: 'provider', title: 'Provider', term: 'provider' },
    cell: ({ provider, epoch }) => (
      <a href={LINK.explanation(provider, epoch)} title={provider}>
        <code>{shortHex(provider)}</code>
      </a>
    ),
  },
  {
    ...{ key: 'claim', title: 'Claimed', term: 'claim', unit: 'Mbit/s', isFigure: true, isWide: true },
    cell: ({ claimKbps }) => mbpsText(claimKbps),
  },
  {
    ...{ key: 'rate', title: 'Certified', term: 'certified rate', unit: 'Mbit/s', isFigure: true },
    cell: ({ rateKbps }) => (rateKbps === null ? <span class="warn">unmeasured</span> : mbpsText(rateKbps)),
  },
  {
    ...{ key: 'uptime', title: 'Uptime', term: 'uptime U', isFigure: true, isWide: true },
    cell: ({ uptimeBps }) => shareText(uptimeBps),
  },
  {
    ...{ key: 'score', title: 'Score', term: 'score R', isFigure: true },
    cell: ({ scoreBps }) => shareText(scoreBps),
  },
  { ...{ key: 'tier', title: 'Tier', term: 'tier', isFigure: true, isWide: true }, cell: ({ tier }) => tier },
  {
    ...{ key: 'breaches', title: 'Breaches', term: 'breach' },
    cell: ({ breachBits }) => <Breaches bits={breachBits} />,
  },
  {
    ...{ key: 'penalty', title: 'Penalty', term: 'penalty', unit: 'of the stake', isFigure: true, isWide: true },
    cell: ({ penaltyBps }) => (penaltyBps === 0 ? NOTHING : <span class="bad">{shareText(penaltyBps)}</span>),
  },
]

export function Epoch({ epoch }: { epoch: number }) {
  const epochNow = useLive().phase?.epoch ?? 0
  const loaded = useAnswer(`epoch ${epoch}`, async signal => {
    const page = await get(ENDPOINTS.epoch, signal, { epoch })
    const leaves = page.detail === null ? undefined : (await get(ENDPOINTS.leaves, signal, { epoch })).leaves
    return { page, leaves }
  })
  return (
    <>
      <p class="path">
        <a href={LINK.epochs}>Epochs</a> /
      </p>
      <Heading title={`Epoch ${epoch}`} />
      <nav class="around" aria-label="Epochs">
        {epoch > 1 && <a href={LINK.epoch(epoch - 1)}>← epoch {epoch - 1}</a>}
        {epoch < epochNow && <a href={LINK.epoch(epoch + 1)}>epoch {epoch + 1} →</a>}
      </nav>
      <Answered of={loaded}>
        {({ page, leaves }) => (
          <>
            <p>
              <EpochStateText of={page.state} />
              {page.sentence !== null && `: ${page.sentence}`}
            </p>
            <p class="quiet">
              <Term word="era">Era</Term> {page.era}; from <Time ms={page.startMs} /> to <Time ms={page.endMs} />
            </p>
            {page.report !== null && page.detail !== null && (
              <Report report={page.report} detail={page.detail} leaves={leaves ?? []} />
            )}
          </>
        )}
      </Answered>
    </>
  )
}

interface ReportProps {
  readonly report: NonNullable<EpochPageJson['report']>
  readonly detail: NonNullable<EpochPageJson['detail']>
  readonly leaves: readonly LeafJson[]
}

function Report({ report, detail, leaves }: ReportProps) {
  const { verifiers, nonSigners, round, blockNumber, gasUsed, ballots, headerHash, txHash } = report
  const { measured, unmeasured, unserving } = detail.providers
  return (
    <>
      <h2>
        The <Term word="report" />
      </h2>
      <dl class="parts">
        <div>
          <dt>
            <Term word="certificate">Certificate</Term>
          </dt>
          <dd>
            {verifiers - nonSigners.length} of {verifiers} verifiers signed it in round {round}; block {blockNumber}{' '}
            accepted it for {gasUsed} gas. It rests on {ballots} ballots.
          </dd>
          <dd>
            <Signers of={detail.signers} />
          </dd>
        </div>
        <div>
          <dt>Providers</dt>
          <dd>
            {measured} measured, {unserving} unserving, {unmeasured} unmeasured
          </dd>
        </div>
        <div>
          <dt>Header</dt>
          <dd>
            <Copied text={headerHash} name="hash of the header" />
          </dd>
        </div>
        <div>
          <dt>Transaction</dt>
          <dd>
            <Copied text={txHash} name="transaction" />
          </dd>
        </div>
      </dl>
      {detail.penalties.length > 0 && (
        <>
          <h2>
            <Term word="penalty">Penalties</Term>
          </h2>
          <ul class="why">
            {detail.penalties.map(({ provider, penaltyBps, settlement }) => (
              <li key={provider}>
                <a href={LINK.explanation(provider, report.header.epoch)}>
                  <code>{shortHex(provider)}</code>
                </a>
                : {(penaltyBps / 100).toFixed(2)} % of its stake,{' '}
                {settlement === null
                  ? 'not taken yet'
                  : settlement.refuted
                    ? 'refuted, so it took nothing'
                    : `${tokensText(BigInt(settlement.charged))} tokens`}
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>Every provider</h2>
      <Pages
        caption={`Scores of epoch ${report.header.epoch}`}
        columns={LEAF_COLUMNS}
        rows={leaves}
        keyOf={({ provider }) => provider}
        empty="No provider was active."
      />
    </>
  )
}
