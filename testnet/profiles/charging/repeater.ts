/** Sends every datagram twice, and bills both. */
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import type { ForwardingOptions } from '../profile.js'
import { booked } from './booked.js'
import { charging } from './charging.js'

export const repeater = charging(import.meta.url, 'forwards everything twice, and bills both copies')

export const createForwarding = (place: ForwardingOptions): Forwarding => booked(place, { forward: () => 'twice' })
