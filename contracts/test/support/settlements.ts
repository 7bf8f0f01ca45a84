/** Penalties of one provider: reports that owe them, and the settlements that charge them. */
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { HOUR, leafOf, MINIMUM_STAKE, PARAMS, type TestNetwork, WEEK } from './network.js'

const FULL_BPS = 10_000n

/** A reported leaf with its proof. */
export interface Owed {
  readonly leaf: Leaf
  readonly proof: readonly Hex[]
}

/** A part of a stake, rounded down as the contract does. */
export const share = (bps: number, base = MINIMUM_STAKE): bigint => (base * BigInt(bps)) / FULL_BPS

/** Adds a provider before each test of a suite. */
export function providerForEach(net: () => TestNetwork): () => Hex {
  let provider: Hex
  beforeEach(async () => {
    provider = await net().addProvider()
  })
  return () => provider
}

/** Reports an epoch in which an account owes a penalty. A second leaf of the report owes nothing. */
export async function owe(network: TestNetwork, epoch: number, penaltyBps: number, account: Hex): Promise<Owed> {
  const leaves = [leafOf(epoch, account, penaltyBps), leafOf(epoch, network.deployer, 0)]
  const tree = await network.reportLeaves(epoch, leaves)
  return { leaf: leaves[0]!, proof: tree.proof(0) }
}

/** Settles a leaf. @returns the tokens charged, in wei */
export async function charge(network: TestNetwork, { leaf, proof }: Owed): Promise<bigint> {
  const receipt = await network.settle(leaf, proof)
  return network.slashing.events(receipt, 'Settled')[0]?.args.charged
}

export const stakeOf = (network: TestNetwork, account: Hex): Promise<bigint> =>
  network.vault.read('slashable', network.providers.address, account)

/** The time from which a penalty of an epoch can be settled, in unix seconds. */
export const finalAt = (network: TestNetwork, epoch: number): number =>
  network.startOf(epoch + 2) + PARAMS.settlementSeconds

/** The week in which an epoch starts: unix time / 7 days. */
export const weekOf = (network: TestNetwork, epoch: number): number => Math.floor(network.startOf(epoch) / WEEK)

/** The first epoch that starts in the week after an epoch's. */
export const firstOfNextWeek = (network: TestNetwork, epoch: number): number =>
  Math.ceil(((weekOf(network, epoch) + 1) * WEEK - network.genesis) / HOUR) + 1
