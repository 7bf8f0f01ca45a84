/** What a node of either kind is started with. */
import type { Logger } from 'pino'
import type { NodeKeys } from '../config/keys.js'
import type { NetworkFile } from '../config/network-file.js'

export interface NodeOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly rpcUrl: string
  /** multiaddresses */
  readonly listen: readonly string[]
  /** the UDP port's own address, which other nodes reach it at as well */
  readonly udpHost: string
  /** 0 takes any free port */
  readonly udpPort: number
  readonly logger: Logger
}
