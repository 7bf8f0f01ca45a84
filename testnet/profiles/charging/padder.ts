/** Forwards everything, and states half as much again in its receipts. */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ForwardingOptions } from '../profile.js'
import { booked } from './booked.js'
import { charging } from './charging.js'

export const padder = charging(import.meta.url, 'forwards everything, and bills half as much again')

const BILLED = 1.5

export const createForwarding = (place: ForwardingOptions): Forwarding =>
  booked(place, { billed: bytes => Math.floor(bytes * BILLED) })
