/** Socket addresses in the kernel's form: struct sockaddr_in and sockaddr_in6 of Linux. */
import { isIPv6, SocketAddress } from 'node:net'
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

  /** @throws UdpPortError if `host` is no address of this family */
  static of(native: Native, family: Family, host: string, port: number): NativeEndpoint {
    const memory = new Memory(native, NAME_WORDS)
    const bytes = new Uint8Array(memory.words.buffer)
    bytes[0] = family
    new DataView(bytes.buffer).setUint16(PORT_AT, port)
    if (native.inetPton(family, host, bytes.subarray(ADDRESS_AT[family])) !== 1) throw portError(host, port, 'EINVAL')
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
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
