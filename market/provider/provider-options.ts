import type { ForwardingSpec } from '../../probe/index.js'
import type { NodeOptions } from '../../verifier/node/node-options.js'

export interface ProviderOptions extends NodeOptions {
  /** what the relay does with sessions and datagrams (default: forwards all of them) */
  readonly forwarding?: ForwardingSpec
  /** of the link behind the relay, which then orders sessions by class (default: not known) */
  readonly linkKbps?: number | undefined
  /** segmentation offload of the relay's datagrams (default: false) */
  readonly offload?: boolean
}
