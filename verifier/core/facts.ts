/** What the chain says at B(e), and nothing else: every node reads the same. */
import type { DecoyReveal } from '../../proto/decoy.js'
import { type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'

/** A verifier as the registry knows it at one block. */
export interface RegisteredVerifier {
  /** registry index, by which votes and ballots name a verifier */
  readonly index: number
  readonly account: Hex
  /** 128 bytes, EIP-2537 G1 */
  readonly blsKey: Hex
  readonly capacityKbps: number
}

export interface FrozenVerifier extends RegisteredVerifier {
  /** in the contract's order of the set, by which a certificate names a verifier */
  readonly position: number
}

export interface ActiveProvider {
  readonly index: number
  readonly account: Hex
  readonly claimKbps: number
  readonly region: Hex
  /** see link.ts: from the provider's leaf in `linkReport`; zero if it has none */
  readonly link: Hex
  readonly stake: bigint
  /**
   * It was active at B(first − 1), an epoch before the window's beacon; for the first window, at the block of `start`. Only
   * then is it measured in the window, and with the claim of then.
   */
  readonly inWindow: boolean
  /** It is active at B(e). One that left within its window has one more leaf, and no sessions. */
  readonly active: boolean
}

/** A provider as the registry knows it at one block. */
export type RegisteredProvider = Omit<ActiveProvider, 'link' | 'inWindow' | 'active'>

/** What the chain itself says: links are in leaves, of which it has only the root. */
export type BlockFacts = Omit<ChainFacts, 'providers'> & {
  readonly providers: readonly Omit<ActiveProvider, 'link'>[]
}

export interface ChainFacts {
  readonly era: number
  readonly epoch: number
  readonly blockNumber: number
  readonly blockHash: Hex
  readonly beacon: Hex
  /** the beacon of the window's first epoch, which draws the receivers of the whole window */
  readonly windowBeacon: Hex
  /** the newest report that the chain had accepted at the window's first block; epoch 0 and the zero hash for none */
  readonly linkReport: { readonly epoch: number; readonly headerHash: Hex }
  /** the report whose work this epoch's report pays for, as the chain has it at B(e); `NO_PAID_REPORT` for none */
  readonly paidReport: PaidReport
  /** all that was put into the pot of rewards up to B(e), wei */
  readonly rewardsFunded: bigint
  /** ascending by index, which is not the order of the positions */
  readonly verifiers: readonly FrozenVerifier[]
  /** active at B(e) or in the window, ascending by index */
  readonly providers: readonly ActiveProvider[]
}

/** An accepted report by its epoch and its header. */
export interface ReportId {
  readonly epoch: number
  readonly headerHash: Hex
}

/** An accepted report whose verifiers and providers are to be paid. */
export interface PaidReport extends ReportId {
  /** positions in its frozen set of those whose signatures its certificate lacks: the header does not tell, the chain does */
  readonly nonSigners: readonly number[]
  /** seeds of decoys in this epoch that were shown by B(e) */
  readonly reveals: readonly DecoyReveal[]
  /** the reports of the other epochs that the seeds cover, ascending */
  readonly covered: readonly ReportId[]
}

export const NO_PAID_REPORT: PaidReport = {
  ...{ epoch: 0, headerHash: ZERO_HASH },
  ...{ nonSigners: [], reveals: [], covered: [] },
}

/** @param leaves of `linkReport` */
export const withLinks = (
  facts: BlockFacts,
  leaves: readonly Pick<Leaf, 'index' | 'provider' | 'link'>[],
): ChainFacts => {
  const byIndex = new Map(leaves.map(leaf => [leaf.index, leaf]))
  return {
    ...facts,
    providers: facts.providers.map(one => {
      const leaf = byIndex.get(one.index)
      return { ...one, link: leaf?.provider === one.account ? leaf.link : ZERO_HASH }
    }),
  }
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
export function claimOf({ providers }: Pick<ChainFacts, 'providers'>, account: Hex): number {
  let claims = claimsByAccount.get(providers)
  if (claims === undefined) {
    claims = new Map(providers.map(one => [one.account, one.claimKbps]))
    claimsByAccount.set(providers, claims)
  }
  return claims.get(account) ?? 0
}

/** Made once for the facts of an epoch: every session of the epoch asks. */
const claimsByAccount = new WeakMap<ChainFacts['providers'], ReadonlyMap<Hex, number>>()
