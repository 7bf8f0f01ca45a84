/** The figures of `bench scale` for the documentation. Pure. */
import { VOTE_BYTES } from '../../../proto/vote.js'
import { ratio } from '../bls/result.js'
import { figure, percent, thousands } from '../figures.js'
import { table } from '../markdown.js'
import { agreementSteps, HOP_SECONDS, LINK_MBPS, MESH, totalSeconds } from './agreement-model.js'
import type { ApiRow } from './api.js'
import { assignRatio, type CoreCell, type CoreRow, cellOf, reportRatio } from './core-row.js'
import { type MessageBytes, messageBytes, totalGossip } from './message-bytes.js'
import type { Found, ScaleResult } from './result.js'
import { isAgreement, type NetworkSize, WINDOWS } from './sizes.js'

/** With less of a processor, a process shared it with other work. Some time goes to threads that collect garbage. */
const UNDISTURBED = 0.85

export function scaleTables(result: ScaleResult): string {
  const { machine, verdict, core, api } = result
  return [
    `${machine}.${disturbance(core)}`,
    '',
    `**${verdict}**`,
    '',
    ...coreTable(core),
    '',
    ...agreementTables(result),
    ...apiTable(api),
  ].join('\n')
}

function disturbance(core: readonly CoreRow[]): string {
  const least = Math.min(1, ...core.map(({ processorShare }) => processorShare))
  if (least >= UNDISTURBED) return ''
  return ` **The machine had other work: what was timed had as little as ${percent(least, 0)} of a processor.** Times are longer than on an idle machine.`
}

const coreTable = (rows: readonly CoreRow[]): string[] =>
  table(
    [
      ...['verifiers × providers, window', 'assign, s', '× bare hashes', 'report, s', '× bare hashes a vote'],
      ...['first of a window: assign, s', 'report, s', 'last: assign, s', 'report, s', 'sessions', 'votes, GB'],
      ...['peak memory, MB', 'processor', 'from'],
    ],
    rows.map(cellOf).map(coreLine),
  )

function coreLine(cell: CoreCell): string[] {
  const { verifiers, providers, windowEpochs, first, next, last, bareHashSeconds, peakMegabytes, sample } = cell
  return [
    `${verifiers} × ${thousands(providers)}, ${windowEpochs}`,
    figure(next.assignSeconds),
    assignRatio(next, bareHashSeconds).toFixed(1),
    figure(next.reportSeconds),
    reportRatio(next, bareHashSeconds).toFixed(1),
    figure(first.assignSeconds),
    figure(first.reportSeconds),
    ...(last === undefined ? ['', ''] : [figure(last.assignSeconds), figure(last.reportSeconds)]),
    thousands(Math.round(next.sessions + next.unplaced)),
    ((next.votes * VOTE_BYTES) / 1e9).toFixed(2),
    thousands(peakMegabytes),
    percent(cell.processorShare, 0),
    sample === undefined ? 'measured' : `simulated: ${thousands(sample)} providers × ${providers / sample}`,
  ]
}

interface Agreeing extends NetworkSize {
  readonly bytes: MessageBytes
  readonly reportSeconds: number
}

function agreementTables({ core, costs, bls }: Found): string[] {
  if (costs === undefined || bls === undefined) return []
  const agreeing = core
    .filter(one => isAgreement(one) && one.windowEpochs === WINDOWS[0])
    .map(row => ({ ...row, bytes: messageBytes(row), reportSeconds: cellOf(row).next.reportSeconds }))
  const us = (seconds: number) => `${Math.round(1e6 * seconds)} µs`
  return [
    `Signatures (seed ${bls.seed}): the checker has ${ratio(bls.rounds, 'checker', 'blst').toFixed(2)} of the rate of blst called directly, and ${ratio(bls.rounds, 'checker, one digest', 'blst, one digest').toFixed(2)} for one digest. A signature takes ${us(costs.signature)}, one over the digest of others ${us(costs.sharedSignature)}, adding one up ${us(costs.aggregated)}, and a fetched vote ${us(costs.vote)}.`,
    '',
    ...(agreeing.length > 0 ? [...bytesTable(agreeing), '', ...stepsTable(agreeing, costs), ''] : []),
  ]
}

const sizeText = ({ verifiers, providers }: NetworkSize): string => `${verifiers} × ${thousands(providers)}`
const kb = (bytes: number): string => figure(bytes / 1000)

const bytesTable = (agreeing: readonly Agreeing[]): string[] => [
  'Bytes of one epoch, in kB, each message once:',
  '',
  ...table(
    [
      ...['verifiers × providers', 'votes of a ballot', 'ballot: head', 'index', 'parts', 'all ballots, MB'],
      ...['gossip: heads', 'seen lists', 'proposal', 'partial signatures', 'certificate', 'all gossip'],
    ],
    agreeing.map(({ bytes, ...size }) => [
      ...[sizeText(size), thousands(bytes.votes), kb(bytes.ballot.gossip), kb(bytes.ballot.index)],
      ...[kb(bytes.ballot.parts), figure((size.verifiers * (bytes.ballot.index + bytes.ballot.parts)) / 1e6)],
      ...[kb(bytes.gossip.ballots), kb(bytes.gossip.seenLists), kb(bytes.gossip.proposal)],
      ...[kb(bytes.gossip.partials), kb(bytes.gossip.certificate), kb(totalGossip(bytes))],
    ]),
  ),
]

const stepsTable = (agreeing: readonly Agreeing[], costs: NonNullable<Found['costs']>): string[] => [
  `From reveal to certificate, **computed**, in seconds: ${LINK_MBPS} Mbit/s up and down for each verifier, ${MESH} copies of each gossiped message, ${1000 * HOP_SECONDS} ms a hop:`,
  '',
  ...table(
    [
      'verifiers × providers',
      'heads',
      'ballots fetched and checked',
      'seen lists',
      'two reports',
      'certificate',
      'all',
    ],
    agreeing.map(({ bytes, reportSeconds, ...size }) => {
      const steps = agreementSteps(size.verifiers, bytes, costs, reportSeconds)
      const { reveal, fetch, list, propose, certify } = steps
      return [sizeText(size), ...[reveal, fetch, list, propose, certify, totalSeconds(steps)].map(figure)]
    }),
  ),
]

const apiTable = (rows: readonly ApiRow[]): string[] =>
  rows.length === 0
    ? []
    : [
        'The API over HTTP, in ms:',
        '',
        ...table(
          [
            ...[
              'verifiers × providers',
              'list: first after a report',
              'later',
              'explain: first after a report',
              'later',
            ],
            ...['the page’s explanation', 'largest evidence of a provider, kB', 'evidence of the epoch, MB'],
          ],
          rows.map(row => [
            sizeText(row),
            ...[row.listFirst, row.list, row.explainFirst, row.explain, row.explanation].map(ms => figure(ms)),
            kb(row.evidenceBytes),
            row.epochEvidenceBytes === undefined ? 'refused' : figure(row.epochEvidenceBytes / 1e6),
          ]),
        ),
      ]
