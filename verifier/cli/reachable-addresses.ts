/** Refuses, before a node starts, addresses at which nobody could ever reach it. What may work is not refused. */
import { Resolver } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'
import { type Scope, scopeOf } from '../../probe/wire/next-hop.js'
import { UserError } from '../config/errors.js'
import type { NodeOptions } from '../node/node-options.js'

type Dns = Pick<Resolver, 'resolve4' | 'resolve6'>

const SYSTEM_DNS = new Resolver({ timeout: 1000, tries: 2 })
/** RFC 6761, section 6.3. */
const LOCALHOST = ['127.0.0.1', '::1']
/** DNS says for sure that there is no such name, or no such record. Another error may pass, and refuses nobody. */
const NO_RECORD = ['ENOTFOUND', 'ENODATA', 'EBADNAME']
/** All addresses of a machine. */
export const WILDCARDS = ['0.0.0.0', '::']

/** What `NodeOptions` says of addresses. */
export type Addresses = Pick<NodeOptions, 'listen' | 'announce' | 'udpHost' | 'udpAnnounce'>

/** @throws UserError 'configuration' that names the option and the reason */
export async function checkAddresses(addresses: Addresses, dns: Dns = SYSTEM_DNS): Promise<void> {
  const { listen, announce = [], udpHost, udpAnnounce } = addresses
  for (const address of announce) await hostsFor(`--announce ${address}`, namedIn(address), dns)
  if (udpAnnounce === undefined) {
    const outside = (announce.length > 0 ? announce : listen).find(address => isBeyondLoopback(namedIn(address).name))
    if (scopeOf(udpHost) !== 'loopback' || outside === undefined) return
    throw refusal(
      `--udp-host ${udpHost} takes datagrams of this machine alone, and ${outside} is for others`,
      'Pass an address that others reach with --udp-host, such as 0.0.0.0, and name it with --udp-announce',
    )
  }
  const option = `--udp-announce ${udpAnnounce.host}`
  const hosts = await hostsFor(option, { name: udpAnnounce.host, ip4: true, ip6: true }, dns)
  if (hosts === undefined || udpHost === '::' || hosts.some(host => isIPv6(host) === isIPv6(udpHost))) return
  throw refusal(
    `${option} is of IPv${isIPv6(udpHost) ? 4 : 6}, and --udp-host ${udpHost} takes IPv${isIPv6(udpHost) ? 6 : 4} alone`,
    'Bind to :: for both, or announce an address of the same family',
  )
}

interface Named {
  /** an address literal or a host name */
  readonly name: string
  /** families that the multiaddress allows */
  readonly ip4: boolean
  readonly ip6: boolean
}

function namedIn(address: string): Named {
  const [, kind, name] = address.split('/') as [string, string, string]
  return { name, ip4: kind !== 'dns6', ip6: kind !== 'dns4' }
}

/** @returns the addresses of single machines; undefined if DNS does not tell now */
async function hostsFor(option: string, named: Named, dns: Dns): Promise<readonly string[] | undefined> {
  const found = await addressesOf(named, dns)
  if (found === undefined) return undefined
  if (found.length === 0) {
    const family = named.ip4 && named.ip6 ? '' : ` of IPv${named.ip4 ? 4 : 6}`
    throw refusal(`${option}: DNS knows no address${family} for ${named.name}`, 'Correct the name, or its entry in DNS')
  }
  const hosts = found.filter(host => scopeOf(host) !== 'none')
  if (hosts.length > 0) return hosts
  throw refusal(
    `${option}: ${found.join(' and ')} is no address of one machine`,
    'Name the address at which others reach this one',
  )
}

async function addressesOf({ name, ip4, ip6 }: Named, dns: Dns): Promise<readonly string[] | undefined> {
  if (isIP(name) !== 0) return [name]
  if (name === 'localhost') return LOCALHOST.filter(host => (isIPv6(host) ? ip6 : ip4))
  let isSure = true
  const unlessNone = (error: NodeJS.ErrnoException): string[] => {
    if (!NO_RECORD.includes(error.code ?? '')) isSure = false
    return []
  }
  const found = await Promise.all([
    ip4 ? dns.resolve4(name).catch(unlessNone) : [],
    ip6 ? dns.resolve6(name).catch(unlessNone) : [],
  ])
  const hosts = found.flat()
  return hosts.length > 0 || isSure ? hosts : undefined
}

const HERE: readonly Scope[] = ['loopback', 'none']
const isBeyondLoopback = (host: string): boolean =>
  isIP(host) === 0 ? host !== 'localhost' : WILDCARDS.includes(host) || !HERE.includes(scopeOf(host))

const refusal = (fault: string, advice: string): UserError => new UserError('configuration', `${fault}. ${advice}.`)
