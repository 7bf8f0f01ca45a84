/**
 * Whether a receiver may itself have lost the data that a reading lacks. Its socket counts the datagrams for which its
 * buffer had no room. Nobody knows whose they were, so all of them count for the provider. Pure.
 */
import { IP_DATAGRAM_BYTES } from '../../proto/datagram.js'
import { type SessionFacts, thresholdKbps } from './session-facts.js'

/** The median of the windows is low if half of them are. So what half of them lost explains the whole reading. */
const LOW_WINDOWS = 0.5
/** A member of a group does not know what the group's sum lacks, so it lets no more than this part of its share go. */
const GROUP_SHARE = 0.01

/** @param rateKbps of the session */
export function isOverrun(facts: SessionFacts, rateKbps: number): boolean {
  const { estimate, overruns, claimKbps, atOnce } = facts
  if (!estimate || overruns === 0) return false
  // In a soak, the estimate is that of one turn. All overruns may have been in this turn.
  const lostKbps = (overruns * IP_DATAGRAM_BYTES * 8) / (estimate.toMs - estimate.fromMs)
  if (atOnce && rateKbps < claimKbps && lostKbps > GROUP_SHARE * claimKbps) return true
  const leastKbps = thresholdKbps(facts)
  return rateKbps < leastKbps && rateKbps + lostKbps / LOW_WINDOWS >= leastKbps
}
