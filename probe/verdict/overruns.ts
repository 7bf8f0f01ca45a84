/**
 * Whether a receiver may itself have lost the data that a reading lacks. Its socket counts the datagrams for which its
 * buffer had no room. Nobody knows whose they were, so all of them count for the provider. Pure.
 */
import { ipDatagramBytes } from '../../proto/datagram.js'
import { type SessionFacts, thresholdKbps } from './session-facts.js'

/** The median of the windows is low if half of them are. So what half of them lost explains the whole reading. */
const LOW_WINDOWS = 0.5
/** A member of a group does not know what the group's sum lacks, so it lets no more than this part of its share go. */
const GROUP_SHARE = 0.01

/**
 * A reading is low if its median and its mean are. So it is no low reading if one of the two may have been high enough.
 * @param rateKbps of the session
 * @param forgivingKbps the same, if f' senders may be to blame for what is not verified: overruns may be the rest
 */
export function isOverrun(facts: SessionFacts, rateKbps: number, forgivingKbps = rateKbps): boolean {
  const { estimate, overruns, claimKbps, atOnce } = facts
  if (!estimate || overruns === 0) return false
  // In a soak, the estimate is that of one turn. All overruns may have been in this turn.
  const lostKbps = lostIn(facts, estimate.toMs - estimate.fromMs)
  if (atOnce && rateKbps < claimKbps && lostKbps > GROUP_SHARE * claimKbps) return true
  const leastKbps = thresholdKbps(facts)
  if (forgivingKbps >= leastKbps) return false
  return forgivingKbps + lostKbps / LOW_WINDOWS >= leastKbps || isMeanOverrun(facts, estimate.toMs)
}

/** Of an ordinary session: the mean since the discard is low, and the overruns may have made it so. */
function isMeanOverrun(facts: SessionFacts, toMs: number): boolean {
  const { sinceMs, meanKbps } = facts
  if (sinceMs === undefined || meanKbps === undefined) return false
  const leastKbps = thresholdKbps(facts)
  return meanKbps < leastKbps && meanKbps + lostIn(facts, toMs - sinceMs) >= leastKbps
}

const lostIn = ({ overruns, ipv6 }: SessionFacts, ms: number): number => (overruns * ipDatagramBytes(ipv6) * 8) / ms
