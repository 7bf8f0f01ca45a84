/**
 * Looks names up at the machine's name servers. Not by the system's own function: it knows no abort, and four names whose
 * servers do not answer hold up every other look-up of the process. So the machine's file of hosts does not count.
 */
import { Resolver } from 'node:dns/promises'

/** @returns the addresses of a name. @throws if there are none, or when `over` aborts */
export type Resolve = (host: string, over: AbortSignal) => Promise<readonly string[]>

/** Until a name server is asked again, or the next one: it doubles with each round. */
const QUERY_MS = 1500
const TRIES = 2
/** Of all queries for a name. */
const LOOKUP_MS = 10_000

/** @param servers (default: the machine's) */
export const resolveAt =
  (servers?: readonly string[]): Resolve =>
  async (host, over) => {
    over.throwIfAborted()
    const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES }) // one for each name, since it cancels all at once
    if (servers !== undefined) resolver.setServers(servers)
    const cancel = () => resolver.cancel()
    const timer = setTimeout(cancel, LOOKUP_MS)
    over.addEventListener('abort', cancel)
    try {
      const families = [resolver.resolve4(host), resolver.resolve6(host)]
      const [found4, found6] = await Promise.allSettled(families)
      const [four, six] = [found4!, found6!].map(one => (one.status === 'fulfilled' ? one.value : []))
      if (four!.length + six!.length === 0) throw new Error(`${host} has no address`)
      return inTurns(four!, six!)
    } finally {
      clearTimeout(timer)
      over.removeEventListener('abort', cancel)
    }
  }

/** Whoever tries the first few tries both families: the exit may have only one of them. */
const inTurns = (one: readonly string[], other: readonly string[]): string[] =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, i) => [one[i], other[i]])
    .flat()
    .filter(address => address !== undefined)
