/** The addresses of the sessions' parts. Loopback has all IPv4 ones; those of IPv6 are given to the loopback device of a namespace. */
import { IP_UDP_HEADER_BYTES, IPV6_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import type { PathHosts } from '../../lab/modelled-path.js'

const hosts = (host: (n: number) => string, headerBytes: number): PathHosts => ({
  ends: host(1),
  front: host(2),
  ports: host(3),
  ways: [host(4), host(5), host(6)],
  headerBytes,
})

export const HOSTS: Readonly<Record<4 | 6, PathHosts>> = {
  4: hosts(n => `127.0.0.${n}`, IP_UDP_HEADER_BYTES),
  6: hosts(n => `fd00::${n}`, IPV6_UDP_HEADER_BYTES),
}

/** All addresses of a family. */
export const addressesOf = (family: 4 | 6): readonly string[] => {
  const { ends, front, ports, ways } = HOSTS[family]
  return [ends, front, ports, ...ways]
}
