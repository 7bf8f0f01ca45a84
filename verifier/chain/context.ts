/** What all parts of the adapter share: one connection, one network. */
import type { NetworkId } from '../../proto/digests.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainLog } from './chain-log.js'
import type { Contracts } from './contracts.js'
import type { LogReader } from './log-reader.js'
import type { RpcProvider } from './rpc-provider.js'

export interface ChainContext {
  readonly provider: RpcProvider
  readonly file: NetworkFile
  readonly network: NetworkId
  readonly contracts: Contracts
  readonly log: ChainLog
  /** one for all, so that what it learns of the chain node's limits serves all */
  readonly logReader: LogReader
}
