/** What all parts of the adapter share: one connection, one network. */
import type { NetworkId } from '../../proto/digests.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainLog } from './chain-log.js'
import type { Contracts } from './contracts.js'
import type { RpcProvider } from './rpc-provider.js'

export interface ChainContext {
  readonly provider: RpcProvider
  readonly file: NetworkFile
  readonly network: NetworkId
  readonly contracts: Contracts
  readonly log: ChainLog
}
