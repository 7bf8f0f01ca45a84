/** The verdict of one session in words, and its reason. */
import type { Outcome } from '../../probe/index.js'
import type { UserErrorCode } from '../config/errors.js'
import { rateText } from './figures.js'

/** What a session was held against. */
export interface Yardstick {
  readonly claimKbps: number
  /** that of the registry; another one if somebody asked for another rate */
  readonly registeredKbps: number
  /** the slashing threshold of `claimKbps` */
  readonly thresholdKbps: number
}

export function verdictOf(outcome: Outcome, yardstick: Yardstick): string {
  const { claimKbps, registeredKbps, thresholdKbps } = yardstick
  const isOwn = claimKbps === registeredKbps
  const claim = rateText(claimKbps)
  const wanted = isOwn ? `${claim} claimed` : `${claim} asked about (the provider claims ${rateText(registeredKbps)})`
  switch (outcome.kind) {
    case 'verified': {
      const { rateKbps } = outcome.measurement
      if (rateKbps < claimKbps)
        return `The provider carried ${rateText(rateKbps)} of the ${wanted}: above the slashing threshold of ${rateText(thresholdKbps)}. ${SHARED}`
      return isOwn ? `The provider keeps its claim of ${claim}.` : `The provider carried the ${wanted}.`
    }
    case 'under':
      return `The provider carried ${rateText(outcome.measurement.rateKbps)} of the ${wanted}: below the slashing threshold of ${rateText(thresholdKbps)}. The limit is the provider, or the path between the provider and this machine. ${SHARED}`
    case 'at-least':
      return `The provider carried at least ${rateText(outcome.measurement.rateKbps)} of the ${wanted}. ${LIMITS[outcome.reason]}`
    case 'refused':
      return `The provider takes no session. It serves nobody now, or it is busy: verifiers that measure at the same moment go first, so try again.${isOwn ? '' : ` Or it refuses ${claim}, since it claims ${rateText(registeredKbps)}.`}`
    case 'dead':
      return 'The provider takes the session and forwards nothing. Check that it can reach this machine by UDP: see --udp-host and --udp-port.'
    case 'garbage':
      return 'The data that arrived is not the data that was sent.'
    case 'no-path':
      return NO_PATH[outcome.reason]
    case 'no-data':
      return NOTHING[outcome.reason]
  }
}

/** When they measure is a secret until they have. */
const SHARED =
  'Verifiers may have measured it at the same moment, and then both shared its line: repeat this, and take the best of several.'

/** Undefined for a provider that carried at least the slashing threshold. */
export function measureFault({ kind }: Outcome): UserErrorCode | undefined {
  switch (kind) {
    case 'verified':
      return undefined
    case 'under':
      return 'below-threshold'
    case 'refused':
    case 'dead':
    case 'garbage':
      return 'not-served'
    case 'at-least':
    case 'no-path':
    case 'no-data':
      return 'not-measured'
  }
}

const LIMITS = {
  'sender-limited': 'This machine could not send enough to show more.',
  'path-limited': 'This machine did not show that it can carry more by itself.',
  unstable: 'The reading never settled.',
  'no-control': 'Too few datagrams took the path without the provider to show more.',
  'sender-spoiled': 'Some of the data that arrived could not be verified.',
  'receiver-overrun':
    'This machine did not read its UDP port in time and lost data. Raise net.core.rmem_max, or measure on a machine with less to do.',
} as const

const NO_PATH = {
  family: 'The provider has no address of the IP family of this machine. Pass one of another family with --udp-host.',
  'path-mtu':
    'Only small datagrams come through: the path does not carry 1248 bytes. The provider or this machine needs a path MTU of at least 1280.',
  'udp-blocked':
    'The provider takes the session, and none of its datagrams comes. Check that it can reach this machine by UDP: see --udp-host and --udp-port.',
  refusals: 'The provider refused the session for a reason that may be the fault of this machine. Try again later.',
} as const

const NOTHING = {
  'provider-unreachable': 'The provider cannot be reached at its announced address.',
  'senders-missing': 'No result: the session did not come to its end.',
  'path-not-validated':
    'The provider does not reach this machine. Pass an address and an open UDP port of this machine with --udp-host and --udp-port.',
  'receiver-fault': 'No result: this machine was too busy to measure. Try again.',
} as const
