/** What the chain says at B(e), and nothing else: every node reads the same. */
import type { Hex } from '../../proto/hex.js'

export interface FrozenVerifier {
  /** registry index, by which votes and ballots name a verifier */
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
  /** see `linkOf`: hash of the network that its announced addresses name; zero if they name none */
  readonly link: Hex
  readonly stake: bigint
}

/** A provider as the registry knows it. */
export type RegisteredProvider = Omit<ActiveProvider, 'link'>

export interface ChainFacts {
  readonly era: number
  readonly epoch: number
  readonly blockNumber: number
  readonly blockHash: Hex
  readonly beacon: Hex
  /** ascending by index; a certificate names a verifier by its position here */
  readonly verifiers: readonly FrozenVerifier[]
  /** ascending by index */
  readonly providers: readonly ActiveProvider[]
}

/** The registry indices of the frozen set, ascending. */
export const indicesOf = ({ verifiers }: Pick<ChainFacts, 'verifiers'>): number[] => verifiers.map(({ index }) => index)

/** Registered capacities in kbit/s, by registry index. */
export const capacitiesOf = (verifiers: readonly FrozenVerifier[]): ReadonlyMap<number, number> =>
  new Map(verifiers.map(({ index, capacityKbps }) => [index, capacityKbps]))

/** The verifier with a registry index; undefined if the frozen set holds none. */
export const verifierOf = ({ verifiers }: Pick<ChainFacts, 'verifiers'>, index: number): FrozenVerifier | undefined =>
  verifiers.find(verifier => verifier.index === index)

/** What a provider of the facts claims in all, kbit/s; 0 if the facts do not name it. */
export const claimOf = ({ providers }: Pick<ChainFacts, 'providers'>, account: Hex): number =>
  providers.find(provider => provider.account === account)?.claimKbps ?? 0
