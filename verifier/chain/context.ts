/** What all parts of the adapter share: one connection, one network. */
import type { JsonRpcProvider } from 'ethers'
import type { NetworkId } from '../../proto/digests.js'
import type { NetworkFile } from '../config/network-file.js'
import type { ChainLog } from './chain-log.js'
import type { Contracts } from './contracts.js'

export interface ChainContext {
  readonly provider: JsonRpcProvider
  readonly file: NetworkFile
  readonly network: NetworkId
  readonly contracts: Contracts
  readonly log: ChainLog
}
