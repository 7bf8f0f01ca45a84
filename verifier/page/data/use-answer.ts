/** An answer of the node for a view: loaded when the view opens, and again whenever the network has something new. */
import { useEffect, useState } from 'preact/hooks'
import { useLive } from './live.js'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: string }
  /** `fault` says why the newest answer could not be had; the value is the one before */
  | { readonly state: 'ready'; readonly value: T; readonly fault?: string }

const LOADING = { state: 'loading' } as const

/** @param key names what is loaded: another key is another thing, and what was shown of the first goes */
export function useAnswer<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const { version } = useLive()
  const [held, setHeld] = useState<{ key: string; loaded: Loaded<T> }>({ key, loaded: LOADING })
  // `load` is another function at each call; `key` names it
  useEffect(() => {
    const stop = new AbortController()
    load(stop.signal).then(
      value => stop.signal.aborted || setHeld({ key, loaded: { state: 'ready', value } }),
      (cause: unknown) => {
        if (stop.signal.aborted) return
        const error = cause instanceof Error ? cause.message : String(cause)
        setHeld(({ key: other, loaded }) => ({
          key,
          loaded: other === key && loaded.state === 'ready' ? { ...loaded, fault: error } : { state: 'failed', error },
        }))
      },
    )
    return () => stop.abort()
  }, [key, version])
  return held.key === key ? held.loaded : LOADING
}
