/** Serves nobody, or strangers only: refuses sessions, or takes them and forwards nothing. */
import { type Forwarding, type ForwardingSpec, REFUSE } from '../../../probe/plane/forwarding.js'
import { isNoToken } from '../../../proto/token.js'

interface Options {
  /** true: refuses sessions; false: takes them and drops everything */
  readonly refuses: boolean
  /** sessions without a token: those of nobody who measures or pays */
  readonly servesStrangers: boolean
}

export const unserving = (options: Options): ForwardingSpec => ({ module: import.meta.url, options })

export function createForwarding({ refuses, servesStrangers }: Options): Forwarding {
  const reason = servesStrangers ? REFUSE.busy : REFUSE.notServing
  return {
    admit: ({ token }) => !refuses || (servesStrangers && isNoToken(token)) || reason,
    forward: ({ reserved }) => (servesStrangers && !reserved ? 'now' : 'drop'),
  }
}
