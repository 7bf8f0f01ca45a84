/** How long the receiving thread may stand still without harm. */
import type { PortFacts } from '../io/datagram-port.js'
import { bytesIn } from '../verdict/share.js'

/**
 * If callbacks take the arrival times, a timer that is this late shows a harmful pause. If the kernel takes them, a
 * pause does no harm until the socket's buffer is full. Half of the buffer holds data, and at most twice the claim
 * comes in.
 */
export const STARVED_MS = 50
const BUFFERED_SHARE = 0.5
const OFFERED_CLAIMS = 2

/** @returns how late a timer may be before that harms a measurement */
export function patienceMs({ kernelTimestamps, receiveBufferBytes }: PortFacts, claimKbps: number): number {
  if (!kernelTimestamps) return STARVED_MS
  return (BUFFERED_SHARE * receiveBufferBytes) / bytesIn(OFFERED_CLAIMS * claimKbps, 1)
}
