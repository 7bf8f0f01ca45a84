/** Serves nobody: refuses every session, or takes it and forwards nothing. */
import { type Forwarding, type ForwardingSpec, REFUSE } from '../../../probe/plane/forwarding.js'

interface Options {
  /** true: refuses sessions; false: takes them and drops everything */
  readonly refuses: boolean
}

export const unserving = (options: Options): ForwardingSpec => ({ module: import.meta.url, options })

export const createForwarding = ({ refuses }: Options): Forwarding =>
  refuses ? { admit: () => REFUSE.notServing, forward: () => 'drop' } : { admit: () => true, forward: () => 'drop' }
