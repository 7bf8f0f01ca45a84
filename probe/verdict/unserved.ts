/**
 * The outcome of a session in which nothing arrived, or which the provider refused to enough senders. Pure.
 *
 * k − f' senders decide, so at least one of those who speak against the provider is honest. What shows a fault of the
 * provider counts as `refused` or `dead`. What an accident may explain is `no-path`, with its cause: the provider's
 * operator can repair it, and it takes no stake unless it lasts (ADR 25).
 */
import { totalSent } from '../wire/send-log.js'
import { commonHost, hasManyHosts } from './common-host.js'
import type { NoPathReason, Outcome } from './outcome.js'
import { countOf, isRefused, type SenderEvidence, type SessionFacts } from './session-facts.js'
import { neededSenders } from './share.js'

/** @returns undefined for any other session */
export function judgeUnserved({ senders, heard }: SessionFacts): Outcome | undefined {
  const needed = neededSenders(senders.length)
  const refusals = countOf(senders, isRefused)
  const refusedAtFault = countOf(senders, ({ refusal }) => refusal === 'at-fault')
  if (refusedAtFault >= needed) return { kind: 'refused', refusals }
  if (senders.some(({ arrived }) => arrived > 0)) return refusals >= needed ? noPath(senders) : undefined
  // The provider took the session, and then did not ask the receiver for its echo or forwarded none of what was sent.
  const mayBeElsewhere = elsewhere(senders)
  const unserved = senders.filter(
    sender => sender.answer === 'granted' && (!sender.ready || hasSent(sender)) && !mayBeElsewhere(sender),
  )
  // Nobody has ever reached this receiver: its own port may be closed, so it can say nothing about anybody.
  if (unserved.length > 0 && !heard) return { kind: 'no-data', reason: 'path-not-validated' }
  const dropped = countOf(unserved, sender => !isOutOfReach(sender) && !isCutOff(sender))
  if (refusedAtFault + dropped >= needed)
    return refusedAtFault > dropped ? { kind: 'refused', refusals } : { kind: 'dead', granted: unserved.length }
  if (refusals + unserved.length >= needed) return noPath(senders)
  const unreachable = countOf(senders, ({ answer }) => answer === 'unreachable')
  const reason = refusals + unserved.length + unreachable >= needed ? 'provider-unreachable' : 'senders-missing'
  return { kind: 'no-data', reason }
}

/** The cause that most senders show; of as many, the first. */
function noPath(senders: readonly SenderEvidence[]): Outcome {
  const shown: readonly (readonly [NoPathReason, (sender: SenderEvidence) => boolean])[] = [
    ['path-mtu', isCutOff],
    ['udp-blocked', isOutOfReach],
    ['family', ({ refusal }) => refusal === 'other-family'],
    ['refusals', sender => isRefused(sender) && sender.refusal !== 'other-family'],
  ]
  const counts = shown.map(([, is]) => countOf(senders, is))
  return { kind: 'no-path', reason: shown[counts.indexOf(Math.max(...counts))]![0] }
}

/** The provider granted the session over TCP, and not even a challenge of its port came. */
const isOutOfReach = ({ answer, host }: SenderEvidence): boolean => answer === 'granted' && host === undefined

/** Small datagrams came, and none of full size. */
const isCutOff = ({ arrived, small = 0 }: SenderEvidence): boolean => arrived === 0 && small > 0

const hasSent = ({ log }: SenderEvidence): boolean => log !== undefined && totalSent(log) > 0

/**
 * Whether it may be a sender's own doing that its data comes from another host than others', and so does not count. If
 * the sessions show more hosts than f' liars explain, it is the provider's doing.
 */
function elsewhere(senders: readonly SenderEvidence[]): (sender: SenderEvidence) => boolean {
  const hosts = senders.map(({ host }) => host)
  if (hasManyHosts(hosts) || new Set(hosts.filter(host => host !== undefined)).size < 2) return () => false
  const common = commonHost(hosts)
  return ({ host }) => host !== undefined && host !== common
}
