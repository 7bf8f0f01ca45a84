/** Why the explanation may be believed: who signed the report, where the evidence of each vote is, and what was checked. */
import type { ExplanationJson } from '../../evidence/schema/explanation.js'
import { wrap } from '../wrap.js'
import { field, INDENT, section } from './layout.js'

export const proofText = (of: ExplanationJson): string =>
  section('The proof', [...certificateFields(of), ...sessionFields(of), '', ...of.checks.map(checkLine)])

function certificateFields({ certificate, settlement }: ExplanationJson): string[] {
  const { verifiers, nonSigners, round, txHash, blockNumber, gasUsed, headerHash } = certificate
  return [
    field(
      'Certificate',
      `${verifiers - nonSigners.length} of ${verifiers} verifiers signed the header in round ${round}; block ${blockNumber} accepted it for ${gasUsed} gas.`,
    ),
    field('Header', headerHash),
    field('Transaction', txHash),
    ...(settlement === null ? [] : [field(settlement.refuted ? 'Refuted in' : 'Slashed in', settlement.txHash)]),
  ]
}

/** The session ids that `bandwitness transcript` takes. */
function sessionFields({ votes }: ExplanationJson): string[] {
  const sessions = votes.flatMap(({ verifier, sessionId }) => (sessionId ? [{ verifier, sessionId }] : []))
  if (sessions.length === 0) return []
  const width = Math.max(...sessions.map(({ verifier }) => `verifier ${verifier}`.length))
  return [
    '',
    field('Sessions', 'To save the evidence of a vote: bandwitness transcript SESSION --out FILE'),
    ...sessions.map(
      ({ verifier, sessionId }) => `${INDENT}${INDENT}${`verifier ${verifier}`.padEnd(width)}  ${sessionId}`,
    ),
  ]
}

const checkLine = ({ what, holds }: ExplanationJson['checks'][number]): string =>
  wrap(what, `${INDENT}${holds ? '✓' : '✗'} `)
