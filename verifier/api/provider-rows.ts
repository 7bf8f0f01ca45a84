/**
 * What a list of providers shows of each: pure, from the facts of the newest epoch, a report's leaves and the chain's log. A
 * row holds what is there already: of ten thousand rows, only those of a page become JSON.
 */
import type { Hex } from '../../proto/hex.js'
import { type Leaf, STATUS } from '../../proto/leaf.js'
import type { ActiveProvider } from '../core/facts.js'
import type { Announcement, Settlement } from '../core/ports.js'
import type { ProviderJson, ProviderState, ProvidersJson } from '../evidence/schema/providers.js'
import { leafJson } from '../evidence/schema/report.js'

export interface ProviderSources {
  /** active at B(e) of the newest epoch */
  readonly active: readonly ActiveProvider[]
  /** by provider, of the report that the list names */
  readonly leaves: ReadonlyMap<Hex, Leaf>
  /** the newest of every provider */
  readonly announced: ReadonlyMap<Hex, Announcement>
  readonly settlementsOf: (provider: Hex) => readonly Settlement[]
}

/** The terms are those of ProviderJson. */
export interface ProviderRow extends Omit<ProviderJson, 'stake' | 'slashed' | 'leaf'> {
  readonly stake: bigint
  readonly slashed: bigint
  readonly leaf: Leaf | null
}

export const providerJson = ({ stake, slashed, leaf, ...row }: ProviderRow): ProviderJson => ({
  ...row,
  ...{ stake: stake.toString(), slashed: slashed.toString() },
  leaf: leaf && leafJson(leaf),
})

export const claimsOf = (active: readonly Pick<ActiveProvider, 'claimKbps'>[]): number =>
  active.reduce((sum, { claimKbps }) => sum + claimKbps, 0)

/** @param totalKbps the claims of all active providers. One literal, since ten thousand are made at a time */
export function activeRow(one: ActiveProvider, totalKbps: number, sources: ProviderSources): ProviderRow {
  const { account, claimKbps } = one
  const leaf = sources.leaves.get(account)
  const said = sources.announced.get(account)
  return {
    provider: account,
    index: one.index,
    state: stateOf(leaf),
    region: one.region,
    claimKbps,
    shareBps: totalKbps === 0 ? 0 : Math.floor((claimKbps * 10_000) / totalKbps),
    stake: one.stake,
    slashed: slashedOf(sources.settlementsOf(account)),
    peerId: said?.peerId ?? null,
    multiaddrs: said?.multiaddrs ?? [],
    leaf: leaf ?? null,
  }
}

/** @param last its last leaf; undefined if this verifier holds none */
export function exitedRow(account: Hex, last: Leaf | undefined, sources: ProviderSources): ProviderRow {
  const said = sources.announced.get(account)
  return {
    ...{ provider: account, index: last?.index ?? said?.index ?? 0 },
    ...{ state: 'exited', region: null, claimKbps: 0, shareBps: 0, stake: 0n },
    slashed: slashedOf(sources.settlementsOf(account)),
    ...{ peerId: said?.peerId ?? null, multiaddrs: said?.multiaddrs ?? [] },
    leaf: last ?? null,
  }
}

/** The sum of the penalties that were taken, in wei. */
export const slashedOf = (settlements: readonly Pick<Settlement, 'charged'>[]): bigint =>
  settlements.reduce((sum, { charged }) => sum + charged, 0n)

const MAX_REGIONS = 100

export function regionsOf(active: readonly ActiveProvider[]): ProvidersJson['regions'] {
  const regions = new Map<Hex, { region: Hex; providers: number; claimKbps: number }>()
  for (const { region, claimKbps } of active) {
    const sum = regions.get(region) ?? { region, providers: 0, claimKbps: 0 }
    regions.set(region, { region, providers: sum.providers + 1, claimKbps: sum.claimKbps + claimKbps })
  }
  return [...regions.values()].sort((a, b) => b.claimKbps - a.claimKbps).slice(0, MAX_REGIONS)
}

function stateOf(leaf: Leaf | undefined): ProviderState {
  if (leaf === undefined) return 'new'
  if (leaf.status === STATUS.unmeasured) return 'unmeasured'
  return leaf.status === STATUS.unserving ? 'unserving' : 'measured'
}
