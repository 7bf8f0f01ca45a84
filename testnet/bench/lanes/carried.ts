/** What arrived in a span of time, and how late. Pure. */
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { quantile } from '../quantile.js'
import type { Carried, Span } from './role-messages.js'

const SECOND_MS = 1000

/**
 * @param arrivedMs of each full datagram. @param delayMs of the same ones
 * @param span of whole seconds. @param sent datagrams in the span
 */
export function carriedOf(
  arrivedMs: readonly number[],
  delayMs: readonly number[],
  { fromMs, toMs }: Span,
  sent: number,
): Omit<Carried, 'leastKbps'> {
  const seconds = new Array<number>(Math.round((toMs - fromMs) / SECOND_MS)).fill(0)
  const delays: number[] = []
  for (const [i, atMs] of arrivedMs.entries()) {
    if (atMs < fromMs || atMs >= toMs) continue
    seconds[Math.floor((atMs - fromMs) / SECOND_MS)]! += 1
    delays.push(delayMs[i]!)
  }
  const kbps = (datagrams: number, ms: number) => (datagrams * IP_DATAGRAM_BYTES * 8) / ms
  return {
    offeredKbps: kbps(sent, toMs - fromMs),
    carriedKbps: kbps(delays.length, toMs - fromMs),
    secondsKbps: seconds.map(count => kbps(count, SECOND_MS)),
    delayMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), most: quantile(delays, 1) },
  }
}
