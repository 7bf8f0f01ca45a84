/**
 * What colluding verifiers say of one provider, the one with the lowest index: in each epoch that it must lose stake. No votes
 * show that. In each epoch another verifier's turn is to vote low as a receiver, too few for a breach.
 */
import { OUTCOME } from '../../../proto/vote.js'
import { claimOf } from '../../../verifier/core/facts.js'
import { leafTree } from '../../../verifier/core/scoring/report.js'
import type { ComputedReport } from '../../../verifier/node/desk/desk.js'
import { type Measure, measureEpoch } from '../../../verifier/node/measuring.js'
import { FIRST_SLANDER } from '../profiles.js'

const PENALTY_BPS = 1000
const LOW_SHARE = 0.5

const lowest = <T extends { readonly index: number }>(providers: readonly T[]): T | undefined =>
  providers.toSorted((a, b) => a.index - b.index)[0]

export const voteLow: Measure = async (...asked) => {
  const [{ context }, { facts }] = asked
  const votes = await measureEpoch(...asked)
  const victim = lowest(facts.providers)?.account
  const { index } = facts.verifiers[facts.epoch % facts.verifiers.length]!
  if (context.self.index !== index || facts.epoch < FIRST_SLANDER) return votes
  return votes.map(vote =>
    vote.provider === victim
      ? { ...vote, outcome: OUTCOME.under, rateKbps: Math.round(LOW_SHARE * claimOf(facts, victim)) }
      : vote,
  )
}

/** The report with a penalty that does not follow from its ballots. */
export function slandered(report: ComputedReport): ComputedReport {
  const { header } = report
  const victim = lowest(report.leaves)?.index
  if (header.epoch < FIRST_SLANDER || victim === undefined) return report
  const leaves = report.leaves.map(leaf => (leaf.index === victim ? { ...leaf, penaltyBps: PENALTY_BPS } : leaf))
  return { ...report, leaves, header: { ...header, scoreRoot: leafTree(leaves).root } }
}
