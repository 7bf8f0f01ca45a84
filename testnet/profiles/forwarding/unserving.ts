/** Serves nobody: takes no session of data, or forwards none of it. */
import { HEARTBEAT_RATE_KBPS } from '../../../probe/constants.js'
import { type Forwarding, type ForwardingSpec, REFUSE } from '../../../probe/plane/forwarding.js'

interface Options {
  /** data is refused outright; else it is taken, and everything dropped */
  readonly refuses: boolean
}

export const unserving = (options: Options): ForwardingSpec => ({ module: import.meta.url, options })

export const createForwarding = ({ refuses }: Options): Forwarding =>
  refuses
    ? {
        // A heartbeat's session asks for far less than one for data: that is how it tells them apart.
        admit: open => open.rateKbps <= HEARTBEAT_RATE_KBPS || REFUSE.notServing,
        forward: () => 'now',
      }
    : { admit: () => true, forward: () => 'drop' }
