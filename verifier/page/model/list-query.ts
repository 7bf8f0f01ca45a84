/** What the list of providers shows, in which order. The address of the page holds it, so that a link shows the same. */
import type { ProviderSort } from '../../evidence/schema/providers.js'

/** As the API takes it; empty text for what is not asked for. */
export interface ListQuery {
  readonly q: string
  readonly tier: string
  readonly region: string
  readonly state: string
  readonly sort: string
  readonly order: string
}

/** The order in which the list opens. */
const FIRST = { sort: 'claim' satisfies ProviderSort, order: 'desc' }

export function listQueryFrom(query: string): ListQuery {
  const given = new URLSearchParams(query)
  const text = (name: string, otherwise = '') => given.get(name) ?? otherwise
  return {
    ...{ q: text('q'), tier: text('tier'), region: text('region'), state: text('state') },
    ...{ sort: text('sort', FIRST.sort), order: text('order', FIRST.order) },
  }
}

/** The parts that are given. */
export const givenIn = (query: ListQuery): Record<string, string> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value.trim() !== ''))

/** Empty for the list as it opens. */
export function textOf(query: ListQuery): string {
  const isFirst = query.sort === FIRST.sort && query.order === FIRST.order
  return new URLSearchParams(givenIn(isFirst ? { ...query, sort: '', order: '' } : query)).toString()
}
