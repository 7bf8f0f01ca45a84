/** Socket addresses in the kernel's form: struct sockaddr_in and sockaddr_in6 of Linux. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { Endpoint } from './datagram-port.js'
import { portError } from './errors.js'
import { Memory, NAME_WORDS } from './mmsg-memory.js'
import type { Native } from './native.js'

export const AF_INET = 2
export const AF_INET6 = 10
export const NAME_BYTES = { [AF_INET]: 16, [AF_INET6]: 28 } as const
export type Family = keyof typeof NAME_BYTES

const PORT_AT = 2
const ADDRESS_AT = { [AF_INET]: 4, [AF_INET6]: 8 } as const

/** Before an IPv4 address in IPv6 form. */
export const MAPPED = '::ffff:'

/** An IPv4 address has one text, whatever port it came in at. */
export const unmapped = (host: string): string =>
  host.startsWith(MAPPED) && isIPv4(host.slice(MAPPED.length)) ? host.slice(MAPPED.length) : host

export const familyOf = (host: string): Family => (isIPv6(host) ? AF_INET6 : AF_INET)

export class NativeEndpoint implements Endpoint {
  readonly memory: Memory

  private constructor(
    readonly host: string,
    readonly port: number,
    memory: Memory,
  ) {
    this.memory = memory
  }

  /**
   * A port of the IPv6 family reaches an IPv4 address by its mapped form (RFC 4291, section 2.5.5.2), if it is bound to all
   * addresses.
   * @throws UdpPortError if `host` is no address of this family
   */
  static of(native: Native, family: Family, host: string, port: number): NativeEndpoint {
    const memory = new Memory(native, NAME_WORDS)
    const bytes = new Uint8Array(memory.words.buffer)
    bytes[0] = family
    new DataView(bytes.buffer).setUint16(PORT_AT, port)
    const literal = family === AF_INET6 && isIPv4(host) ? `${MAPPED}${host}` : host
    if (native.inetPton(family, literal, bytes.subarray(ADDRESS_AT[family])) !== 1)
      throw portError(host, port, 'EINVAL')
    return new NativeEndpoint(host, port, memory)
  }

  /** A copy of the address that the kernel wrote. */
  static from(native: Native, words: Uint32Array): NativeEndpoint {
    const memory = new Memory(native, NAME_WORDS)
    memory.words.set(words)
    const bytes = Buffer.from(memory.words.buffer)
    const port = bytes.readUInt16BE(PORT_AT)
    return new NativeEndpoint(textOf(bytes), port, memory)
  }
}

function textOf(name: Buffer): string {
  if (name[0] === AF_INET) return name.subarray(ADDRESS_AT[AF_INET], ADDRESS_AT[AF_INET] + 4).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => name.readUInt16BE(ADDRESS_AT[AF_INET6] + 2 * i).toString(16))
  return unmapped(new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address)
}
