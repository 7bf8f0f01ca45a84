/** What the node tells as it happens, by server-sent events. A view that shows something older asks again. */
import { useEffect, useState } from 'preact/hooks'
import { EVENTS, type EventJson } from '../../client/index.js'

export interface Live {
  readonly isConnected: boolean
  /** rises with every report and settlement, and when a lost answer is asked for again */
  readonly version: number
  /** where the verifier stands; undefined before it has told */
  readonly phase: Extract<EventJson, { event: 'phase' }> | undefined
}

/** The browser tries again by itself after a lost connection, and not after a refusal, as of a node with many readers. */
const AGAIN_MS = 15_000
/** Until a page whose question got no answer asks again: the stream may go on while one answer is lost. */
const UNANSWERED_MS = 5_000
const NAMES: readonly EventJson['event'][] = ['phase', 'report', 'settlement']

let live: Live = { isConnected: false, version: 0, phase: undefined }
let isOpened = false
const listeners = new Set<(live: Live) => void>()

function set(changes: Partial<Live>): void {
  live = { ...live, ...changes }
  for (const listener of listeners) listener(live)
}

/** One stream for the whole page, for as long as the page is open. */
function open(): void {
  isOpened = true
  const source = new EventSource(EVENTS.path)
  let wasConnected = false
  source.addEventListener('open', () => {
    // What happened while there was no stream is unknown.
    set({ isConnected: true, version: live.version + (wasConnected ? 1 : 0) })
    wasConnected = true
  })
  source.addEventListener('error', () => {
    set({ isConnected: false })
    if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS)
  })
  for (const name of NAMES) source.addEventListener(name, ({ data }) => take(data))
}

/** What is no event in the documented form is left out. */
function take(data: string): void {
  const event = EVENTS.answer.safeParse(parsed(data)).data
  if (event?.event === 'phase') set({ phase: event })
  else if (event !== undefined) set({ version: live.version + 1 })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

let willAsk = false

/** Every view asks again a little later, once for all questions that stay without an answer until then. */
export function askAgain(): void {
  if (willAsk) return
  willAsk = true
  setTimeout(() => {
    willAsk = false
    set({ version: live.version + 1 })
  }, UNANSWERED_MS)
}

export function useLive(): Live {
  const [now, setNow] = useState(live)
  useEffect(() => {
    listeners.add(setNow)
    setNow(live)
    if (!isOpened) open()
    return () => {
      listeners.delete(setNow)
    }
  }, [])
  return now
}
