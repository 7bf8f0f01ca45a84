/** What the chain says at B(e), and nothing else: the same on every node. */
import type { Hex } from '../../proto/hex.js'

export interface FrozenVerifier {
  /** registry index; votes and ballots name verifiers by it */
  readonly index: number
  readonly account: Hex
  /** 128 bytes, EIP-2537 G1 */
  readonly blsKey: Hex
  readonly capacityKbps: number
}

export interface ActiveProvider {
  readonly index: number
  readonly account: Hex
  readonly claimKbps: number
  readonly region: Hex
  /** see `linkOf`: what its announced addresses say of the link it is on; zero for nothing */
  readonly link: Hex
  readonly stake: bigint
}

/** What the registry alone knows of a provider. */
export type RegisteredProvider = Omit<ActiveProvider, 'link'>

export interface ChainFacts {
  readonly era: number
  readonly epoch: number
  readonly blockNumber: number
  readonly blockHash: Hex
  readonly beacon: Hex
  /** ascending by index: a verifier's place here is its position in certificates */
  readonly verifiers: readonly FrozenVerifier[]
  /** ascending by index */
  readonly providers: readonly ActiveProvider[]
}
