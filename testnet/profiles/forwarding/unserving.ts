/** Serves nobody: refuses every session for data, or takes it and forwards nothing. */
import { HEARTBEAT_RATE_KBPS } from '../../../probe/constants.js'
import { type Forwarding, type ForwardingSpec, REFUSE } from '../../../probe/plane/forwarding.js'

interface Options {
  /** true: refuses data sessions; false: takes them and drops everything */
  readonly refuses: boolean
}

export const unserving = (options: Options): ForwardingSpec => ({ module: import.meta.url, options })

export const createForwarding = ({ refuses }: Options): Forwarding =>
  refuses
    ? {
        // A heartbeat's session asks for a far lower rate than a session for data.
        admit: open => open.rateKbps <= HEARTBEAT_RATE_KBPS || REFUSE.notServing,
        forward: () => 'now',
      }
    : { admit: () => true, forward: () => 'drop' }
