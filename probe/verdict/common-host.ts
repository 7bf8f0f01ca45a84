/** The host that data from the provider comes from, as the senders' sessions showed it. Pure. */
import { neededSenders } from './share.js'

/**
 * The provider serves all k sessions from one host. A sender that lends bandwidth may have its data come from a host of
 * its own, under the same signature. So the data of a sender counts only if it comes from the host that k − f' senders'
 * sessions showed: at least one of these senders is honest, and no other host can have as many.
 * @param hosts of all k senders; undefined for a sender that no challenge came for
 * @returns undefined if no host has enough
 */
export function commonHost(hosts: readonly (string | undefined)[]): string | undefined {
  const needed = neededSenders(hosts.length)
  return hosts.find(host => host !== undefined && countOf(hosts, host) >= needed)
}

/** Whether more senders show another host than the most common one than f' liars can explain. */
export function hasManyHosts(hosts: readonly (string | undefined)[]): boolean {
  const shown = hosts.filter(host => host !== undefined)
  const most = Math.max(0, ...shown.map(host => countOf(shown, host)))
  return shown.length - most > hosts.length - neededSenders(hosts.length)
}

const countOf = (hosts: readonly (string | undefined)[], host: string): number =>
  hosts.filter(other => other === host).length
