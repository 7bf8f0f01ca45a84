/** A provider's leaves of a stretch of time, loaded page by page, the newest first. */
import type { Hex } from '../../../proto/hex.js'
import { ENDPOINTS } from '../../client/index.js'
import type { HistoryJson } from '../../evidence/schema/providers.js'
import { get } from './answers.js'
import { type Loaded, useAnswer } from './use-answer.js'

export type HistoryItem = HistoryJson['items'][number]

export interface History {
  /** ascending */
  readonly items: readonly HistoryItem[]
  /** more epochs lie within the stretch than are loaded */
  readonly isCut: boolean
}

const PAGE_EPOCHS = 1000
/** A network of long epochs has 720 in a month. A devnet with short ones is cut here. */
const MOST_EPOCHS = 3000

/** @param spanMs back from the newest leaf */
export const useHistory = (provider: Hex, spanMs: number): Loaded<History> =>
  useAnswer(`history ${provider} ${spanMs}`, async (signal): Promise<History> => {
    const items: HistoryItem[] = []
    let to: number | undefined
    let isLeft: boolean
    do {
      const page: HistoryJson = await get(ENDPOINTS.history, signal, { provider, limit: PAGE_EPOCHS, to })
      items.push(...page.items)
      isLeft = page.next !== null && !isPast(items, spanMs)
      to = page.next ?? undefined
    } while (isLeft && items.length < MOST_EPOCHS)
    const within = items.filter(({ startMs }) => startMs > items[0]!.startMs - spanMs)
    return { items: within.reverse(), isCut: isLeft }
  })

const isPast = (items: readonly HistoryItem[], spanMs: number): boolean =>
  items.length > 0 && items.at(-1)!.startMs <= items[0]!.startMs - spanMs
