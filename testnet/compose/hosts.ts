/** `--hosts`: the machines of a network, each as the others reach it. */
import { isIP } from 'node:net'
import { scopeOf } from '../../probe/wire/next-hop.js'
import { isHost } from '../../verifier/cli/addresses.js'
import { UserError } from '../../verifier/config/errors.js'

/** @param most machines. @returns at least one address or name, none twice. @throws UserError 'usage' */
export function parseHosts(text: string, most: number): string[] {
  const hosts = text.split(',').map(host => host.trim().toLowerCase())
  const refuse = (why: string) => new UserError('usage', `--hosts ${text}: ${why}`)
  for (const [i, host] of hosts.entries()) {
    if (!isHost(host)) throw refuse(`"${host}" is no address and no name of a machine.`)
    if (hosts.indexOf(host) < i) throw refuse(`${host} is there twice.`)
    const scope = isIP(host) === 0 ? undefined : scopeOf(host)
    if (scope === 'none') throw refuse(`${host} is no address of one machine.`)
    const isHere = scope === 'loopback' || host === 'localhost'
    if (isHere && hosts.length > 1) throw refuse(`other machines do not reach ${host}. Name what they reach.`)
    if (host === 'localhost') throw refuse('name 127.0.0.1.')
  }
  if (hosts.length > most) throw refuse(`there are ${hosts.length} machines for ${most} nodes.`)
  return hosts
}
