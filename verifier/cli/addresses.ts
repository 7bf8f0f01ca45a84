/** The addresses that an operator gives: those that this machine binds to, and those that it announces. */
import { isIP } from 'node:net'
import { UserError } from '../config/errors.js'
import { hostOf } from '../net/libp2p.js'
import { isMultiaddr } from '../net/readable-address.js'
import type { AnnouncedUdp } from '../node/own-address.js'
import { MAX_PORT } from './host-port.js'
import { WILDCARDS } from './reachable-addresses.js'

/** Names as DNS has them (RFC 1123, section 2.1). */
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** Whether the text is an IP address or a name as DNS has them. */
export const isHost = (text: string): boolean => isIP(text) !== 0 || NAME.test(text)

/** Multiaddresses to listen on. @throws UserError 'usage' */
export function bindable(multiaddrs: readonly string[]): readonly string[] {
  for (const text of multiaddrs) {
    if (!isTcp(text)) throw new UserError('usage', `--listen ${text} is no TCP multiaddress. ${EXAMPLE}`)
    if (hostOf(text) === undefined)
      throw new UserError(
        'usage',
        `--listen ${text} holds no IP address. Listen on one, and pass the name with --announce.`,
      )
  }
  return multiaddrs
}

/** Multiaddresses to announce. @throws UserError 'usage' */
export function announceable(multiaddrs: readonly string[]): readonly string[] {
  for (const text of multiaddrs) {
    if (!isTcp(text) || text.includes('/tcp/0') || text.includes('/p2p/'))
      throw new UserError('usage', `--announce ${text} is no address that others can connect to. ${EXAMPLE}`)
  }
  return multiaddrs
}

const EXAMPLE = 'Give one such as /ip4/203.0.113.7/tcp/4001 or /dns/relay.example.org/tcp/4001.'

const TCP = /^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/(\d+)(?:\/p2p\/[^/]+)?$/

const isTcp = (text: string): boolean => isMultiaddr(text) && Number(TCP.exec(text)?.[1]) <= MAX_PORT

/** @throws UserError 'usage' */
export function addressOfThisMachine(host: string): string {
  if (isIP(host) !== 0) return host
  throw new UserError(
    'usage',
    `--udp-host ${host} is no IP address. Bind to an address of this machine, and pass the name with --udp-announce.`,
  )
}

/** `relay.example.org`, `203.0.113.7:5000`, `2001:db8::7` or `[2001:db8::7]:5000`. @throws UserError 'usage' */
export function parseUdpHost(text: string): AnnouncedUdp {
  const match = isIP(text) === 6 ? [text, text] : /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1]?.replace(/^\[|\]$/g, '') ?? ''
  const port = match?.[2] === undefined ? undefined : Number(match[2])
  const isPort = port === undefined || (port >= 1 && port <= MAX_PORT)
  if (isHost(host) && isPort) return { host, port }
  throw new UserError(
    'usage',
    `--udp-announce ${text} is no host. Give one such as relay.example.org or 203.0.113.7:5000.`,
  )
}

/** The same for who is a next hop: relays look no name up, and send to no wildcard. @throws UserError 'usage' */
export function parseUdpAddress(text: string): AnnouncedUdp {
  const announced = parseUdpHost(text)
  if (isIP(announced.host) !== 0 && !WILDCARDS.includes(announced.host)) return announced
  throw new UserError(
    'usage',
    `--udp-announce ${text} is no IP address that providers can send to. Give one such as 203.0.113.7 or 203.0.113.7:5000.`,
  )
}
