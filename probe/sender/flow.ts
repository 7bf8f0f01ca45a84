/** The socket that a sender opens for one session, and the host that it may send the session's data to. */
import { NONCE_BYTES } from '../../proto/datagram.js'
import type { RelayGrant } from '../../proto/messages.js'
import { OPEN_BYTES } from '../constants.js'
import type { Backend } from '../io/datagram-port.js'
import { udpHostOf } from '../io/resolve-host.js'
import { anchorOf } from '../plane/clock.js'
import { openRemote, type Remote } from '../plane/host.js'
import type { SendingOptions } from '../plane/sending.js'
import type { MonotonicClock, RandomSource } from '../ports.js'
import { isOverIpv6 } from '../wire/address-family.js'

/** Of IPv6 and of IPv4. */
const ALL_ADDRESSES = '::'

export interface FlowOptions {
  /** an address of this machine */
  readonly udpHost: string
  readonly backend?: Backend | undefined
  readonly clock: MonotonicClock
}

/** If the other ends are of another family than this node's address, the socket takes any address of both families. */
export function openFlow(
  { udpHost, backend, clock }: FlowOptions,
  others: readonly string[],
): Promise<Remote<'sending'>> {
  const host = others.every(other => isOverIpv6(other) === isOverIpv6(udpHost)) ? udpHost : ALL_ADDRESSES
  const options: SendingOptions = { host, port: 0, backend, clock: anchorOf(clock), offload: false }
  return openRemote('sending', options, () => {})
}

/**
 * Where the provider's port takes a session's data. A host that the grant names must echo first, since the provider may
 * have named any.
 * @param connectedHost of the connection to the provider. @param receiverHost the next hop
 * @throws Error if the grant names no host that data may go to
 */
export async function provenHost(
  grant: RelayGrant,
  connectedHost: string,
  receiverHost: string,
  flow: Remote<'sending'>,
  random: RandomSource,
): Promise<string> {
  const host = await udpHostOf(grant, connectedHost, receiverHost)
  if (host === connectedHost) return host
  const path = { tag: grant.tag, host, port: grant.udpPort, nonce: random.bytes(NONCE_BYTES), openBytes: OPEN_BYTES }
  if (await flow.call('hasEcho', path)) return host
  throw new Error(`the UDP host that the provider names does not echo: ${host} port ${grant.udpPort}`)
}
