/** The epochs, the newest first: what came of each. */
import { useState } from 'preact/hooks'
import { ENDPOINTS } from '../../client/index.js'
import type { EpochJson, EpochState } from '../../evidence/schema/epochs.js'
import { shortHex } from '../../evidence/text/figures.js'
import { get } from '../data/answers.js'
import { useAnswer } from '../data/use-answer.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Table } from '../parts/table.js'
import { Term } from '../parts/term.js'
import { Time } from '../parts/time.js'
import { LINK } from '../route.js'

const TONES: Readonly<Record<EpochState, string>> = {
  measuring: 'quiet',
  agreeing: 'quiet',
  certified: 'good',
  unheld: 'warn',
  missed: 'bad',
}

export const EpochStateText = ({ of }: { of: EpochState }) => (
  <span class={TONES[of]}>{of === 'unheld' ? 'certified, not held here' : of}</span>
)

const COLUMNS: readonly Column<EpochJson>[] = [
  {
    ...{ key: 'epoch', title: 'Epoch', term: 'epoch' },
    cell: ({ epoch }) => <a href={LINK.epoch(epoch)}>Epoch {epoch}</a>,
  },
  { ...{ key: 'state', title: 'State', term: 'certificate' }, cell: ({ state }) => <EpochStateText of={state} /> },
  { key: 'began', title: 'Began', isWide: true, cell: ({ startMs }) => <Time ms={startMs} /> },
  {
    ...{ key: 'signers', title: 'Signers', isFigure: true },
    cell: ({ report }) =>
      report === null ? NOTHING : `${report.verifiers - report.nonSigners.length} of ${report.verifiers}`,
  },
  {
    ...{ key: 'ballots', title: 'Ballots', term: 'ballot set', isFigure: true, isWide: true },
    cell: ({ report }) => report?.ballots ?? NOTHING,
  },
  {
    ...{ key: 'round', title: 'Round', term: 'round', isFigure: true, isWide: true },
    cell: ({ report }) => report?.round ?? NOTHING,
  },
  { key: 'gas', title: 'Gas', isFigure: true, isWide: true, cell: ({ report }) => report?.gasUsed ?? NOTHING },
  {
    ...{ key: 'transaction', title: 'Transaction' },
    cell: ({ report }) => (report === null ? NOTHING : <code title={report.txHash}>{shortHex(report.txHash)}</code>),
  },
]

export function Epochs() {
  const [cursor, setCursor] = useState<number>()
  const request = cursor === undefined ? {} : { cursor }
  const loaded = useAnswer(`epochs ${cursor}`, signal => get(ENDPOINTS.epochs, signal, request))
  return (
    <>
      <Heading title="Epochs">
        Each <Term word="epoch" /> ends in one <Term word="report" />, which more than two thirds of the{' '}
        <Term word="frozen set" /> sign, or in none.
      </Heading>
      <Answered of={loaded}>
        {({ items, next }) => (
          <>
            <Table
              caption="Epochs"
              columns={COLUMNS}
              rows={items}
              keyOf={({ epoch }) => epoch}
              empty="The network has not started yet."
            />
            <p class="around">
              {cursor !== undefined && (
                <button type="button" class="quiet" onClick={() => setCursor(undefined)}>
                  Newest
                </button>
              )}
              {next !== null && (
                <button type="button" class="quiet" onClick={() => setCursor(next)}>
                  Older
                </button>
              )}
            </p>
          </>
        )}
      </Answered>
    </>
  )
}
