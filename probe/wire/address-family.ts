/** The address family of a session's data: that of the address literal at which the receiver takes it. */
import { isIPv6 } from 'node:net'

const MAPPED = /^::ffff:\d+\.\d+\.\d+\.\d+$/i

/** Whether datagrams to this address travel over IPv6. An IPv4 address in IPv6 form (`::ffff:192.0.2.1`) is IPv4. */
export const isOverIpv6 = (host: string): boolean => isIPv6(host) && !MAPPED.test(host)
