/** Follows the address. Back and forward lead to where the reader was in a view, and a link leads to the top of one. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { type Route, routeOf } from './route.js'

interface Place {
  readonly route: Route
  /** how far down; undefined where the reader stays */
  readonly topPx: number | undefined
}

/** How far down the reader was, by address. */
const left = new Map<string, number>()

export function useRoute(): Route {
  const [place, setPlace] = useState<Place>(() => ({ route: routeOf(location.hash), topPx: undefined }))
  useEffect(() => {
    history.scrollRestoration = 'manual'
    history.replaceState(VISITED, '')
    const follow = ({ oldURL, newURL }: HashChangeEvent) => {
      left.set(oldURL, window.scrollY)
      const wasVisited = history.state === VISITED
      history.replaceState(VISITED, '')
      const route = routeOf(location.hash)
      setPlace(last => {
        const isSameList = last.route.page === 'providers' && route.page === 'providers'
        return { route, topPx: isSameList ? undefined : wasVisited ? (left.get(newURL) ?? 0) : 0 }
      })
    }
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  useLayoutEffect(() => {
    if (place.topPx === undefined) return
    window.scrollTo(0, place.topPx)
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  }, [place])
  return place.route
}

/** The state of an entry of the history that the reader has been at. A link makes an entry without a state. */
const VISITED = 'visited'
