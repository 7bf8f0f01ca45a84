/** A page of a list of providers: filtered, sorted and cut. Pure. */
import type { z } from 'zod'
import { STATUS } from '../../proto/leaf.js'
import { bitCount } from '../core/scoring/bit-count.js'
import type { ProviderJson, ProviderSort, providersQuery } from '../evidence/schema/providers.js'
import { type ProviderRow, providerJson } from './provider-rows.js'

export type ProvidersQuery = z.output<typeof providersQuery>

export interface Page {
  readonly total: number
  readonly items: readonly ProviderJson[]
  readonly next: string | null
}

/** Null for a provider that has no such value: it comes last, in both orders. */
type Value = number | bigint | null

const VALUE: { readonly [S in ProviderSort]: (row: ProviderRow) => Value } = {
  index: ({ index }) => index,
  provider: ({ provider }) => BigInt(provider),
  claim: ({ claimKbps }) => claimKbps,
  stake: ({ stake }) => stake,
  slashed: ({ slashed }) => slashed,
  score: ({ leaf }) => leaf?.scoreBps ?? null,
  rate: ({ leaf }) => (leaf?.status === STATUS.unmeasured ? null : (leaf?.rateKbps ?? null)),
  uptime: ({ leaf }) => leaf?.uptimeBps ?? null,
  tier: ({ leaf }) => leaf?.tier ?? null,
  breaches: ({ leaf }) => leaf && bitCount(leaf.breachBits),
}

interface Placed {
  readonly value: Value
  readonly row: ProviderRow
}

/** The rows of one moment, each order of which is computed once. */
export class SortedRows {
  readonly #orders = new Map<string, readonly Placed[]>()
  #texts: ReadonlyMap<ProviderRow, string> | undefined

  constructor(private readonly rows: readonly ProviderRow[]) {}

  page(query: ProvidersQuery): Page {
    const { sort, order, limit, cursor } = query
    const matching = this.#sorted(sort, order).filter(this.#isWanted(query))
    const start = cursor === undefined ? 0 : firstAfter(matching, cursor, order)
    const shown = matching.slice(start, start + limit)
    const isLast = start + limit >= matching.length
    return {
      total: matching.length,
      items: shown.map(({ row }) => providerJson(row)),
      next: isLast ? null : cursorOf(shown.at(-1)!),
    }
  }

  #sorted(sort: ProviderSort, order: ProvidersQuery['order']): readonly Placed[] {
    const key = `${sort} ${order}`
    const known = this.#orders.get(key)
    if (known !== undefined) return known
    const placed = this.rows.map(row => ({ value: VALUE[sort](row), row }))
    placed.sort((a, b) => compare(a, b, order))
    this.#orders.set(key, placed)
    return placed
  }

  #isWanted({ q, tier, region, state }: ProvidersQuery): (placed: Placed) => boolean {
    const isFound = q === undefined ? () => true : this.#searchOf(q)
    return ({ row }) => {
      if (state === 'active' ? row.state === 'exited' : state !== 'all' && row.state !== state) return false
      if (tier !== undefined && row.leaf?.tier !== tier) return false
      return (region === undefined || row.region === region) && isFound(row)
    }
  }

  /** @param q a part of the texts, or an address in its short form: start, dots, end */
  #searchOf(q: string): (row: ProviderRow) => boolean {
    const short = /^(0x[0-9a-f]{1,39})(?:…|\.{2,3})([0-9a-f]{1,39})$/.exec(q)
    if (short === null) {
      this.#texts ??= new Map(this.rows.map(row => [row, textOf(row)] as const))
      const texts = this.#texts
      return row => texts.get(row)!.includes(q)
    }
    const [, start, end] = short as unknown as [string, string, string]
    return ({ provider }) => provider.startsWith(start) && provider.endsWith(end)
  }
}

/** All that a search looks through, in lower case. */
const textOf = ({ provider, peerId, multiaddrs }: ProviderRow): string =>
  [provider, peerId, ...multiaddrs].join(' ').toLowerCase()

type Place = Pick<Placed, 'value'> & { readonly row: Pick<ProviderRow, 'provider'> }

/** Rows of the same value are in the order of their addresses. */
function compare(a: Place, b: Place, order: ProvidersQuery['order']): number {
  if (a.value !== null && b.value !== null) {
    // A cursor has a bigint where a row may have a number: they are compared by what they are worth.
    if (a.value < b.value) return order === 'asc' ? -1 : 1
    if (a.value > b.value) return order === 'asc' ? 1 : -1
  } else if (a.value !== b.value) return a.value === null ? 1 : -1
  return a.row.provider < b.row.provider ? -1 : a.row.provider > b.row.provider ? 1 : 0
}

/** It names a place and no number of rows: so no provider is shown twice or left out if rows come or go between two pages. */
const cursorOf = ({ value, row }: Place): string => `${value ?? '-'}:${row.provider}`

function firstAfter(rows: readonly Placed[], cursor: string, order: ProvidersQuery['order']): number {
  const [value, provider] = cursor.split(':') as [string, ProviderJson['provider']]
  const place: Place = { value: value === '-' ? null : BigInt(value), row: { provider } }
  const at = rows.findIndex(row => compare(row, place, order) > 0)
  return at === -1 ? rows.length : at
}
