/**
 * The addresses of the sessions' parts. The loopback device has all of 127.0.0.0/8. In a network namespace it gets IPv6
 * addresses as well.
 */
import { IP_UDP_HEADER_BYTES, IPV6_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import type { PathHosts } from '../../lab/modelled-path.js'

/** Sessions at once of one receiver: each has a front of its own. */
export const PLACES = 48

/** @param place number of the session among those that a receiver has at once, below PLACES */
export function hostsOf(family: 4 | 6, place: number): PathHosts {
  const host = family === 4 ? (of: number, n = 1) => `127.0.${of}.${n}` : (of: number, n = 1) => `fd00::${of}:${n}`
  return {
    ends: host(0),
    front: host(1, place + 1),
    ports: host(2),
    ways: [host(3), host(4), host(5)],
    headerBytes: family === 4 ? IP_UDP_HEADER_BYTES : IPV6_UDP_HEADER_BYTES,
  }
}

/** All IPv6 addresses of the sessions. */
export const ipv6Addresses = (): string[] => {
  const { ends, ports, ways } = hostsOf(6, 0)
  return [ends, ports, ...ways, ...Array.from({ length: PLACES }, (_, place) => hostsOf(6, place).front)]
}
