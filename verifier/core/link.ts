/**
 * The link of a provider, as its receivers see it: a hash of the network address that its datagrams come from. An address
 * line has one IPv4 address, or one IPv6 prefix of 64 bits. What a provider announces plays no part: it may announce
 * anything, but data comes from the line that carries it.
 */
import { keccakText } from '../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'

const IP6_PREFIX_GROUPS = 4
const IP6_GROUPS = 8
/** Beginning of an IPv4 address in IPv6 notation. */
const MAPPED = '0:0:0:0:0:ffff:'

/**
 * @param host an address literal; undefined if no datagram came
 * @returns zero if the address tells nothing: loopback is no link, since nodes on one machine share its processor anyway
 */
export function linkOf(host: string | undefined): Hex {
  const network = host === undefined ? undefined : networkOf(host)
  return network === undefined ? ZERO_HASH : keccakText(network)
}

function networkOf(host: string): string | undefined {
  if (!host.includes(':')) return host.startsWith('127.') ? undefined : `ip4 ${host}`
  const whole = expanded(host)
  if (whole.startsWith(MAPPED)) return networkOf(dotted(whole.slice(MAPPED.length)))
  if (whole === '0:0:0:0:0:0:0:1') return undefined
  return `ip6 ${whole.split(':').slice(0, IP6_PREFIX_GROUPS).join(':')}`
}

/** An IPv6 address without its zone, its run of zeros written out; an IPv4 address at its end stays as it is. */
function expanded(host: string): string {
  const [address = ''] = host.toLowerCase().split('%')
  const [head = '', tail] = address.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map(group => group.replace(/^0+(?=.)/, '')))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const taken = left.length + right.length + (address.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : Math.max(0, IP6_GROUPS - taken)
  return [...left, ...new Array<string>(zeros).fill('0'), ...right].join(':')
}

/** `c000:201` as `192.0.2.1`. */
function dotted(end: string): string {
  if (end.includes('.')) return end
  const bytes = end.split(':').flatMap(group => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
  return bytes.join('.')
}
