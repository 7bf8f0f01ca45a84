/**
 * Datagrams for which a socket's receive buffer had no room, because its process did not read in time. Linux alone
 * tells; elsewhere the count stays 0.
 *
 * The kernel's drop counter of a socket also counts datagrams with a wrong checksum. Anybody can send these, so a
 * provider could make its receiver look overrun. The namespace's counters of full buffers leave them out, but cover all
 * its sockets. So the smaller of the two increases counts.
 */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'

/** Full buffers of one socket, and exhausted memory of all sockets, for each family. */
const FULL_BUFFERS = ['RcvbufErrors', 'MemErrors'] as const

export class Overruns {
  readonly #drops: () => number
  readonly #fullBuffers: () => number
  #dropsBefore: number
  #fullBefore: number
  #count = 0

  /** @param drops total of the socket. @param fullBuffers total of the namespace */
  constructor(drops: () => number, fullBuffers: () => number = fullBuffersHere) {
    this.#drops = drops
    this.#fullBuffers = fullBuffers
    this.#dropsBefore = drops()
    this.#fullBefore = fullBuffers()
  }

  /** Since the port was opened. */
  get count(): number {
    const drops = this.#drops()
    // As long as the socket has dropped nothing, a look costs one system call. A closed socket has no total.
    if (drops <= this.#dropsBefore) return this.#count
    const full = this.#fullBuffers()
    this.#count += Math.min(drops - this.#dropsBefore, full - this.#fullBefore)
    this.#dropsBefore = drops
    this.#fullBefore = full
    return this.#count
  }
}

/** Drop counter of the sockets bound to a local port, from the kernel's table of UDP sockets. */
export const dropsOfPort = (host: string, port: number): number => dropsIn(read(isIPv6(host) ? 'udp6' : 'udp'), port)

const fullBuffersHere = (): number => fullBuffersIn(read('snmp')) + fullBuffersIn(read('snmp6'))

/** @param table of /proc/net/udp or udp6: a line for each socket; the local address is second, the drops last */
export function dropsIn(table: string, port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = table.split('\n').map(line => line.trim().split(/\s+/))
  return lines.filter(([, local]) => local?.endsWith(end)).reduce((sum, columns) => sum + Number(columns.at(-1)), 0)
}

/**
 * @param table of /proc/net/snmp (a line with names, then one with numbers) or of snmp6 (a name and a number in each
 * line)
 */
export function fullBuffersIn(table: string): number {
  const lines = table.split('\n').map(line => line.split(/\s+/))
  const [names, numbers] = lines.filter(([first]) => first === 'Udp:')
  const of = (name: string): number =>
    Number(numbers?.[names!.indexOf(name)] ?? lines.find(([first]) => first === `Udp6${name}`)?.[1] ?? 0)
  return FULL_BUFFERS.reduce((sum, name) => sum + of(name), 0)
}

function read(name: string): string {
  try {
    return readFileSync(`/proc/thread-self/net/${name}`, 'latin1')
  } catch {
    return '' // another system, or no IPv6
  }
}
