/** A page of a list of providers: filtered, sorted and cut. Pure. */
import type { z } from 'zod'
import { bitCount } from '../core/scoring/bit-count.js'
import type { ProviderJson, ProviderSort, providersQuery } from '../evidence/schema/providers.js'

export type ProvidersQuery = z.output<typeof providersQuery>

export interface Page {
  readonly total: number
  readonly items: readonly ProviderJson[]
  readonly next: string | null
}

/** Null for a provider that has no such value: it comes last, in both orders. */
type Value = bigint | null

const VALUE: { readonly [S in ProviderSort]: (row: ProviderJson) => Value } = {
  index: ({ index }) => BigInt(index),
  provider: ({ provider }) => BigInt(provider),
  claim: ({ claimKbps }) => BigInt(claimKbps),
  stake: ({ stake }) => BigInt(stake),
  slashed: ({ slashed }) => BigInt(slashed),
  score: ({ leaf }) => numberOf(leaf?.scoreBps),
  rate: ({ leaf }) => numberOf(leaf?.rateKbps),
  uptime: ({ leaf }) => numberOf(leaf?.uptimeBps),
  tier: ({ leaf }) => numberOf(leaf?.tier),
  breaches: ({ leaf }) => numberOf(leaf && bitCount(leaf.breachBits)),
}

const numberOf = (value: number | null | undefined): Value => (value == null ? null : BigInt(value))

interface Placed {
  readonly value: Value
  readonly row: ProviderJson
  /** all that a search looks through, in lower case */
  readonly text: string
}

/** The rows of one moment, each order of which is computed once. */
export class SortedRows {
  readonly #orders = new Map<string, readonly Placed[]>()
  readonly #texts: ReadonlyMap<ProviderJson, string>

  constructor(private readonly rows: readonly ProviderJson[]) {
    this.#texts = new Map(
      rows.map(row => [row, [row.provider, row.peerId, ...row.multiaddrs].join(' ').toLowerCase()] as const),
    )
  }

  page(query: ProvidersQuery): Page {
    const { sort, order, limit, cursor } = query
    const matching = this.#sorted(sort, order).filter(isWanted(query))
    const start = cursor === undefined ? 0 : firstAfter(matching, cursor, order)
    const shown = matching.slice(start, start + limit)
    const isLast = start + limit >= matching.length
    return {
      total: matching.length,
      items: shown.map(({ row }) => row),
      next: isLast ? null : cursorOf(shown.at(-1)!),
    }
  }

  #sorted(sort: ProviderSort, order: ProvidersQuery['order']): readonly Placed[] {
    const key = `${sort} ${order}`
    const known = this.#orders.get(key)
    if (known !== undefined) return known
    const placed = this.rows.map(row => ({ value: VALUE[sort](row), row, text: this.#texts.get(row)! }))
    placed.sort((a, b) => compare(a, b, order))
    this.#orders.set(key, placed)
    return placed
  }
}

type Place = Pick<Placed, 'value'> & { readonly row: Pick<ProviderJson, 'provider'> }

/** Rows of the same value are in the order of their addresses. */
function compare(a: Place, b: Place, order: ProvidersQuery['order']): number {
  if (a.value !== b.value) {
    if (a.value === null) return 1
    if (b.value === null) return -1
    return a.value < b.value === (order === 'asc') ? -1 : 1
  }
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

function isWanted({ q, tier, region, state }: ProvidersQuery): (placed: Placed) => boolean {
  const isFound = q === undefined ? () => true : searchOf(q)
  return placed => {
    const { row } = placed
    if (state === 'active' ? row.state === 'exited' : state !== 'all' && row.state !== state) return false
    if (tier !== undefined && row.leaf?.tier !== tier) return false
    return (region === undefined || row.region === region) && isFound(placed)
  }
}

/** @param q a part of the texts, or an address in its short form: start, dots, end */
function searchOf(q: string): (placed: Placed) => boolean {
  const short = /^(0x[0-9a-f]{1,39})(?:…|\.{2,3})([0-9a-f]{1,39})$/.exec(q)
  if (short === null) return ({ text }) => text.includes(q)
  const [, start, end] = short as unknown as [string, string, string]
  return ({ row: { provider } }) => provider.startsWith(start) && provider.endsWith(end)
}
