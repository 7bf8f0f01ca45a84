/**
 * Providers that may share one link are measured together, so that each gets credit only for its part of the link. If
 * they were measured one after another, two providers on one link would both get credit for the whole link.
 *
 * Announced addresses tell which providers may share a link: the rule takes one announced network for one link. The rule
 * can be coarse, because it harms no provider with a link of its own. A claim is the rate that a new session gets,
 * *whatever else the provider carries*, so such a provider reads the same beside its neighbours.
 */
import { keccakText, keccakWords } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import { Draw } from './draw.js'

const GROUPS = keccakText('bandwitness/v1/draw/link-groups')

/**
 * Most providers that are measured together: one receiver takes in all their data at once. In a larger network the beacon
 * draws anew in every epoch which providers are measured together.
 */
const MOST_TOGETHER = 4

/** Length of the prefix that counts as one network: an access line or a rack usually gets a prefix of this length. */
const IP4_PREFIX_BYTES = 3
const IP6_PREFIX_GROUPS = 3

/**
 * The link that announced addresses stand for: a hash of the first address's network. Zero if the addresses tell nothing.
 * Loopback tells nothing, since nodes on one machine share one processor anyway.
 */
export function linkOf(multiaddrs: readonly string[]): Hex {
  for (const address of multiaddrs) {
    const [, protocol, host = ''] = address.split('/')
    const network = protocol === undefined ? undefined : networkOf(protocol, host)
    if (network !== undefined) return keccakText(network)
  }
  return ZERO_HASH
}

function networkOf(protocol: string, host: string): string | undefined {
  if (protocol === 'ip4') return host.startsWith('127.') ? undefined : prefixOf(host, '.', IP4_PREFIX_BYTES)
  if (protocol === 'ip6') return host === '::1' ? undefined : prefixOf(expanded(host), ':', IP6_PREFIX_GROUPS)
  return protocol.startsWith('dns') ? host.toLowerCase() : undefined
}

const prefixOf = (host: string, separator: string, parts: number): string =>
  host.split(separator).slice(0, parts).join(separator)

/** An IPv6 address with its run of zeros written out, as far as the prefix needs it. */
function expanded(host: string): string {
  const [head = '', tail] = host.toLowerCase().split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map(group => group.replace(/^0+(?=.)/, '')))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...new Array<string>(zeros).fill('0'), ...right].join(':')
}

/** Every active provider in one group, ascending by index. A provider without a known link has a group of its own. */
export function linkGroups({ beacon, providers }: Pick<ChainFacts, 'beacon' | 'providers'>): ActiveProvider[][] {
  const byLink = new Map<Hex, ActiveProvider[]>()
  const groups: ActiveProvider[][] = []
  for (const provider of providers) {
    const known = byLink.get(provider.link)
    if (known) known.push(provider)
    else {
      const group = [provider]
      groups.push(group)
      if (provider.link !== ZERO_HASH) byLink.set(provider.link, group)
    }
  }
  return groups.flatMap(group => split(group, beacon))
}

function split(group: ActiveProvider[], beacon: Hex): ActiveProvider[][] {
  if (group.length <= MOST_TOGETHER) return [group]
  const draw = new Draw(keccakWords(['bytes32', 'bytes32', 'bytes32'], [beacon, GROUPS, group[0]!.link]))
  const drawn = draw.sample(group, group.length)
  const parts = Math.ceil(group.length / MOST_TOGETHER)
  return Array.from({ length: parts }, (_, part) => drawn.filter((_, i) => i % parts === part)).map(members =>
    members.sort((a, b) => a.index - b.index),
  )
}
