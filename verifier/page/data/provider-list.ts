/** The list of providers, which comes in pages: those that the reader has come to are here, the others are not. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { ENDPOINTS, type RequestOf } from '../../client/index.js'
import type { ProviderJson, ProvidersJson } from '../../evidence/schema/providers.js'
import { givenIn, type ListQuery } from '../model/list-query.js'
import { type Standing, standingOf } from '../model/standing.js'
import { get, getNetwork } from './answers.js'
import { useLive } from './live.js'
import type { Loaded } from './use-answer.js'

export type ListedProvider = ProviderJson & { readonly standing: Standing }

export interface ProviderList extends Omit<ProvidersJson, 'items'> {
  readonly items: readonly ListedProvider[]
}

/** Enough for the first screen; all further pages are long ones. */
const FIRST_ROWS = 200
const MORE_ROWS = 1000

/** The list as it was left, for whoever comes back to it. */
let lastSeen: { readonly key: string; readonly list: ProviderList } | undefined

/** @returns the pages so far, and how to get one more */
export function useProviderList(query: ListQuery): readonly [Loaded<ProviderList>, () => void] {
  const { version } = useLive()
  const key = JSON.stringify(query)
  const left = lastSeen?.key === key ? lastSeen.list : undefined
  const [loaded, setLoaded] = useState<Loaded<ProviderList>>(
    left === undefined ? { state: 'loading' } : { state: 'ready', value: left },
  )
  const held = useRef<{ list: ProviderList | undefined; asking: AbortController }>({
    list: left,
    asking: new AbortController(),
  })

  const show = useCallback(
    (load: (signal: AbortSignal) => Promise<ProviderList>) => {
      held.current.asking.abort()
      held.current.asking = new AbortController()
      const { signal } = held.current.asking
      load(signal).then(
        value => {
          if (signal.aborted) return
          held.current.list = value
          lastSeen = { key, list: value }
          setLoaded({ state: 'ready', value })
        },
        (cause: Error) => {
          if (signal.aborted) return
          setLoaded(last =>
            last.state === 'ready' ? { ...last, fault: cause.message } : { state: 'failed', error: cause.message },
          )
        },
      )
    },
    [key],
  )

  // Another query begins with its first page. News bring as many rows as are here.
  const keyBefore = useRef(key)
  // `key` stands for the query, and `version` for news
  useEffect(() => {
    if (keyBefore.current !== key) held.current.list = undefined
    keyBefore.current = key
    const rows = held.current.list?.items.length ?? 0
    show(signal => listOf(query, Math.max(rows, FIRST_ROWS), signal))
    return () => held.current.asking.abort()
  }, [key, version])

  // `key` stands for the query
  const more = useCallback(() => {
    const { list } = held.current
    if (list?.next == null) return
    show(async signal => joined(list, await page(query, MORE_ROWS, signal, list.next!)))
  }, [key, show])
  return [loaded, more]
}

async function listOf(query: ListQuery, rows: number, signal: AbortSignal): Promise<ProviderList> {
  let list = await page(query, Math.min(rows, MORE_ROWS), signal)
  while (list.items.length < rows && list.next !== null) {
    list = joined(list, await page(query, MORE_ROWS, signal, list.next))
  }
  return list
}

async function page(query: ListQuery, limit: number, signal: AbortSignal, cursor?: string): Promise<ProviderList> {
  // The API says what is wrong with a value that somebody typed into the address.
  const given = givenIn(query) as RequestOf<typeof ENDPOINTS.providers>
  const request = { ...given, limit, ...(cursor === undefined ? {} : { cursor }) }
  const [answer, network] = await Promise.all([get(ENDPOINTS.providers, signal, request), getNetwork()])
  const items = answer.items.map(one => ({ ...one, standing: standingOf(one, network.params.breachBps) }))
  return { ...answer, items }
}

/** A report may come between two pages: then a provider can be on both. */
function joined(list: ProviderList, next: ProviderList): ProviderList {
  const known = new Set(list.items.map(({ provider }) => provider))
  return { ...next, items: [...list.items, ...next.items.filter(({ provider }) => !known.has(provider))] }
}
