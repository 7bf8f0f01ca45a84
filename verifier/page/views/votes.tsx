/** The votes behind a score: each with its figures, how it counted, and why. */
import { COUNTED_TEXT, OUTCOME_TEXT } from '../../evidence/outcome-text.js'
import type { ExplanationJson, VoteJson } from '../../evidence/schema/explanation.js'
import { delayText, groupText, mbpsText, shareText } from '../../evidence/text/figures.js'
import { verifiersText } from '../../evidence/text/verifiers.js'
import { voteReasons } from '../../evidence/text/vote-reasons.js'
import { type Column, NOTHING } from '../parts/columns.js'
import { Copied } from '../parts/hash.js'
import { Table } from '../parts/table.js'
import { Term } from '../parts/term.js'

const orNothing = (value: number | null, text: (value: number) => string): string =>
  value === null ? NOTHING : text(value)

const TONES: Readonly<Record<VoteJson['counted'], string>> = {
  rate: 'good',
  'at-least': 'good',
  under: 'bad',
  ignored: 'quiet',
  missing: 'quiet',
}

const COLUMNS: readonly Column<VoteJson>[] = [
  { ...{ key: 'verifier', title: 'Verifier', term: 'verifier', isFigure: true }, cell: ({ verifier }) => verifier },
  {
    ...{ key: 'rate', title: 'Rate', term: 'reading', unit: 'Mbit/s', isFigure: true },
    cell: ({ rateKbps }) => orNothing(rateKbps, mbpsText),
  },
  {
    ...{ key: 'counted', title: 'Counted as', term: 'classify (a vote)' },
    cell: ({ counted }) => <span class={TONES[counted]}>{COUNTED_TEXT[counted]}</span>,
  },
  {
    ...{ key: 'outcome', title: 'Outcome', term: 'outcome' },
    cell: ({ outcome }) => (outcome === null ? 'none' : OUTCOME_TEXT[outcome]),
  },
  {
    ...{ key: 'offered', title: 'Offered', term: 'offered', unit: 'Mbit/s', isFigure: true },
    cell: ({ offeredKbps }) => orNothing(offeredKbps, mbpsText),
  },
  { key: 'loss', title: 'Loss', isFigure: true, cell: ({ lossBps }) => orNothing(lossBps, shareText) },
  {
    ...{ key: 'delay', title: 'Delay', term: 'delay', isFigure: true },
    cell: ({ delayUs }) => orNothing(delayUs || null, delayText),
  },
  {
    ...{ key: 'control', title: 'Control loss', term: 'control datagram', isFigure: true },
    cell: ({ controlLossBps }) => orNothing(controlLossBps, shareText),
  },
  {
    ...{ key: 'direct', title: 'Direct', term: 'direct probe', unit: 'Mbit/s', isFigure: true },
    cell: ({ directKbps }) => orNothing(directKbps || null, mbpsText),
  },
  {
    ...{ key: 'ticks', title: 'Ticks', term: 'tick', unit: 'answered / sent', isFigure: true },
    cell: ({ ticksAnswered, ticksSent }) => `${ticksAnswered} / ${ticksSent}`,
  },
  { key: 'tries', title: 'Tries', term: 'try', isFigure: true, cell: ({ attempts }) => attempts },
  {
    ...{ key: 'session', title: 'Session', term: 'session' },
    cell: ({ sessionId }) => (sessionId === null ? NOTHING : <Copied text={sessionId} name="session id" isShort />),
  },
]

export function Votes({ of: { votes, leaf } }: { of: ExplanationJson }) {
  return (
    <>
      <h2>
        The <Term word="vote">votes</Term>, and how each counted
      </h2>
      <Table
        caption="Votes"
        columns={COLUMNS}
        rows={votes}
        keyOf={({ verifier }) => verifier}
        empty="No session was due in this epoch."
      />
      <ul class="why">
        {voteReasons(votes).map(({ counted, why, verifiers }) => (
          <li key={`${counted} ${why}`}>
            <span class={TONES[counted]}>{COUNTED_TEXT[counted]}</span> ({verifiersText(verifiers)}): {why}.
          </li>
        ))}
        {groupsOf(votes).map(group => (
          <li key={group.verifiers.join()}>
            <Term word="group">Measured together</Term>: {groupText(group, leaf.claimKbps)}.
          </li>
        ))}
      </ul>
      <p class="quiet">
        To check the evidence of a vote: <code>npx bandwitness transcript SESSION --out FILE</code>, then{' '}
        <code>npx bandwitness verify-transcript FILE</code>.
      </p>
    </>
  )
}

/** Each group once: all of its members name it. */
function groupsOf(votes: readonly VoteJson[]) {
  const groups = votes.flatMap(({ group }) => (group === null ? [] : [group]))
  return [...new Map(groups.map(group => [group.verifiers.join(), group])).values()]
}
