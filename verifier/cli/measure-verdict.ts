/** What a solo session says, in words: a plain verdict and its reason. */
import type { Outcome } from '../../probe/index.js'
import { rateText } from './figures.js'

/** @param thresholdKbps the slashing threshold */
export function verdictOf(outcome: Outcome, claimKbps: number, thresholdKbps: number): string {
  const claim = rateText(claimKbps)
  switch (outcome.kind) {
    case 'verified': {
      const { rateKbps } = outcome.measurement
      if (rateKbps >= claimKbps) return `It keeps its claim of ${claim}.`
      return `It carried ${rateText(rateKbps)} of the ${claim} that it claims: above the slashing threshold of ${rateText(thresholdKbps)}.`
    }
    case 'under':
      return `It carried ${rateText(outcome.measurement.rateKbps)} of the ${claim} that it claims, below the slashing threshold of ${rateText(thresholdKbps)}. The limit is the provider, or the path between it and this machine.`
    case 'at-least':
      return `It carried at least ${rateText(outcome.measurement.rateKbps)} of the ${claim} that it claims. ${LIMITS[outcome.reason]}`
    case 'refused':
      return 'It takes no session: it is busy, or serves nobody just now, or the claim that was asked for is not its own.'
    case 'dead':
      return 'It takes the session and forwards nothing. Does it reach this machine by UDP? See --udp-host and --udp-port.'
    case 'garbage':
      return 'What arrived is not what was sent.'
    case 'no-data':
      return NOTHING[outcome.reason]
  }
}

const LIMITS = {
  'sender-limited': 'This machine could not send enough to tell more.',
  'path-limited': 'This machine was not shown to carry more by itself.',
  unstable: 'The reading never settled.',
  'no-control': 'Too little was seen of the path beside the provider to tell more.',
} as const

const NOTHING = {
  'provider-unreachable': 'It cannot be reached at the address that it has announced.',
  'senders-missing': 'Nothing can be said: the session did not come to its end.',
  'path-not-validated':
    'It does not reach this machine: pass an address and an open UDP port of this machine with --udp-host and --udp-port.',
  'receiver-fault': 'Nothing can be said: this machine was too busy to measure.',
} as const
