/** What moves a node's datagrams: the backend, the socket's buffer, and what this machine carries. Pure. */

import { STRANGERS_FILL } from '../../../probe/constants.js'
import type { PortFacts } from '../../../probe/index.js'
import { RECEIVE_BUFFER_BYTES } from '../../../probe/io/datagram-port.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { rateText } from '../figures.js'
import { bad, good, warning } from '../finding.js'

/** Linux counts its own records, too: of a size that it reports, about this part holds datagrams. */
const HOLDS_SHARE = 0.5
/** A busy machine does not read a port for so long now and then, and loses what does not fit. */
const AMPLE_MS = 100
const LEAST_MS = 20
/** A loopback session sends, relays and receives. A node at its registered rate does one of these at a time. */
const ROLES = 3

export type DataPlaneFacts = Pick<PortFacts, 'backend' | 'receiveBufferBytes'>

export function backendFinding(
  { backend }: Pick<DataPlaneFacts, 'backend'>,
  platform: string = process.platform,
): Finding {
  if (backend === 'mmsg') return good('data plane', 'batched system calls (mmsg), with arrival times of the kernel')
  return warning(
    'data plane',
    'one system call for each datagram (dgram): a third of the rate of mmsg, and arrival times that a busy machine spoils',
    platform === 'linux'
      ? 'Run npm ci without --omit=optional, so that koffi is installed, on a 64-bit little-endian Linux.'
      : 'For large rates, run the node on Linux.',
  )
}

/** @param rateKbps that others send to the port at most */
export function bufferFinding(
  { receiveBufferBytes }: Pick<DataPlaneFacts, 'receiveBufferBytes'>,
  rateKbps: number,
): Finding {
  const holdsMs = (receiveBufferBytes * HOLDS_SHARE * 8) / rateKbps
  const found = `the receive buffer of ${receiveBufferBytes} bytes holds ${holdsMs.toFixed(0)} ms at ${rateText(rateKbps)}`
  const advice =
    receiveBufferBytes >= RECEIVE_BUFFER_BYTES
      ? 'A node asks for no larger one: lower the rate.'
      : `Run sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}, put it into /etc/sysctl.d, and start the node again.`
  if (holdsMs >= AMPLE_MS) return good('socket buffer', found)
  return holdsMs >= LEAST_MS
    ? warning('socket buffer', `${found}, and a busy machine reads later than that`, advice)
    : bad('socket buffer', `${found}: datagrams will be lost on this machine`, advice)
}

export interface Need {
  readonly rateKbps: number
  /** such as `the registered capacity` */
  readonly what: string
  /** how to ask for less */
  readonly less: string
}

export function speedFinding(carriedKbps: number, { rateKbps, what, less }: Need): Finding {
  const subject = 'machine speed'
  const found = `sends, relays and receives ${rateText(carriedKbps)} at once over loopback, of ${what} of ${rateText(rateKbps)}`
  const proof = 'this shows the machine, and not the line'
  if (carriedKbps >= rateKbps) return good(subject, `${found}; ${proof}`)
  const advice = `Give this machine less to do, take one with faster cores, or lower the rate: ${less}.`
  return carriedKbps * ROLES >= rateKbps
    ? warning(subject, `${found}; one role at a time may do; ${proof}`, advice)
    : bad(subject, `${found}; one role at a time needs about a third of that work; ${proof}`, advice)
}

/** @param limitKbps of `provider run --limit` */
export function limitFinding(limitKbps: number, { rateKbps, what }: Need): Finding {
  const found = `--limit lets the relay forward ${rateText(limitKbps)}, and ${what} is ${rateText(rateKbps)}`
  return limitKbps >= rateKbps ? good('limit', found) : bad('limit', found, 'Raise --limit, or claim less.')
}

/** @param linkKbps of `provider run --link` */
export function linkFinding(linkKbps: number, { rateKbps, what }: Need): Finding {
  const neededKbps = Math.round(rateKbps * STRANGERS_FILL)
  const found = `--link says that the line carries ${rateText(linkKbps)}, and ${what} needs ${rateText(neededKbps)} of it`
  const advice = "Name the line's rate with --link, or claim less."
  return linkKbps >= neededKbps ? good('link', found) : warning('link', found, advice)
}
