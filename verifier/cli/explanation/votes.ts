/** The votes behind a score: their figures in a table, and below it, once each, why they count as they do. */
import { COUNTED_TEXT, OUTCOME_TEXT } from '../../evidence/outcome-text.js'
import type { ExplanationJson, VoteJson } from '../../evidence/schema/explanation.js'
import { delayText, groupText, mbpsText, shareText } from '../../evidence/text/figures.js'
import { verifiersText } from '../../evidence/text/verifiers.js'
import { voteReasons } from '../../evidence/text/vote-reasons.js'
import { textTable } from '../text-table.js'
import { INDENT, paragraph, section } from './layout.js'

interface Column {
  readonly title: string
  readonly cell: (vote: VoteJson) => string
  /** figures stand at the right */
  readonly right?: boolean
}

const NOTHING = '-'
const orNothing = (value: number | null, text: (value: number) => string): string =>
  value === null ? NOTHING : text(value)

const COLUMNS: readonly Column[] = [
  { title: 'VERIFIER', cell: vote => `${vote.verifier}` },
  { title: 'OUTCOME', cell: vote => (vote.outcome === null ? 'none' : OUTCOME_TEXT[vote.outcome]) },
  { title: 'RATE', cell: vote => orNothing(vote.rateKbps, mbpsText), right: true },
  { title: 'OFFERED', cell: vote => orNothing(vote.offeredKbps, mbpsText), right: true },
  { title: 'LOSS', cell: vote => orNothing(vote.lossBps, shareText), right: true },
  { title: 'DELAY', cell: vote => orNothing(vote.delayUs || null, delayText), right: true },
  { title: 'CONTROL', cell: vote => orNothing(vote.controlLossBps, shareText), right: true },
  { title: 'DIRECT', cell: vote => orNothing(vote.directKbps || null, mbpsText), right: true },
  { title: 'TICKS', cell: vote => `${vote.ticksAnswered}/${vote.ticksSent}`, right: true },
  { title: 'COUNTED', cell: vote => COUNTED_TEXT[vote.counted] },
]

const LEGEND =
  'OFFERED is what the senders sent. DELAY is what the way through the provider adds, queues included; it lowers no rate. CONTROL is the loss of datagrams that did not pass through the provider; DIRECT is the rate that the path without the provider carried. TICKS are heartbeats answered of those sent.'

export function votesText({ votes, leaf }: ExplanationJson): string {
  return section('The votes (rates in Mbit/s)', [
    table(votes),
    '',
    paragraph(LEGEND),
    '',
    ...groupsOf(votes).map(group => paragraph(`Measured together: ${groupText(group, leaf.claimKbps)}.`)),
    ...reasonLines(votes).map(paragraph),
  ])
}

function table(votes: readonly VoteJson[]): string {
  const columns = COLUMNS.map(({ title, cell, right }) => {
    const cells = [title, ...votes.map(cell)]
    const width = Math.max(...cells.map(text => text.length))
    return right ? cells.map(text => text.padStart(width)) : cells
  })
  const rows = columns[0]!.map((_, row) => columns.map(cells => cells[row]!))
  return textTable(rows)
    .split('\n')
    .map(line => INDENT + line)
    .join('\n')
}

/** Each group once: all of its members name it. */
function groupsOf(votes: readonly VoteJson[]) {
  const groups = votes.flatMap(({ group }) => (group === null ? [] : [group]))
  return [...new Map(groups.map(group => [group.verifiers.join(), group])).values()]
}

/** `COUNTED AS below (verifiers 1–5): …`, in the order of the table. */
const reasonLines = (votes: readonly VoteJson[]): string[] =>
  voteReasons(votes).map(
    ({ counted, why, verifiers }) => `COUNTED AS ${COUNTED_TEXT[counted]} (${verifiersText(verifiers)}): ${why}.`,
  )
