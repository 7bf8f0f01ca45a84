/** What a node of either kind is started with. */
import type { Logger } from 'pino'
import type { NodeKeys } from '../config/keys.js'
import type { NetworkFile } from '../config/network-file.js'
import type { Measure } from './measuring.js'
import type { AnnouncedUdp } from './own-address.js'

export interface NodeOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  /** one URL of the chain, or several with commas between them */
  readonly rpcUrl: string
  /** multiaddresses of this machine */
  readonly listen: readonly string[]
  /** multiaddresses at which others reach it (default: those it listens on) */
  readonly announce?: readonly string[] | undefined
  /** the UDP port's own address: a literal */
  readonly udpHost: string
  /** where others reach the UDP port (default: at its own address) */
  readonly udpAnnounce?: AnnouncedUdp | undefined
  /** 0 takes any free port */
  readonly udpPort: number
  readonly logger: Logger
  /** gives up the start of the node, which may wait for the chain */
  readonly givenUp?: AbortSignal
}

export interface VerifierOptions extends NodeOptions {
  /** how the node comes to its votes (default: it measures) */
  readonly measure?: Measure
  /** origin at which everybody reaches its HTTP API (default: it is announced to nobody) */
  readonly publicApi?: string | undefined
}
