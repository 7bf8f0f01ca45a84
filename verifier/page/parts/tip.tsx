/** One tooltip for the whole page. It explains whatever carries `data-term` and has the pointer or the focus. */

import { glossary } from 'virtual:glossary'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

const ID = 'tip'
const GAP_PX = 6

export function Tip() {
  const [target, setTarget] = useState<HTMLElement>()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const listening = new AbortController()
    const { signal } = listening
    const show = ({ target: at }: Event) => setTarget(termAt(at))
    const hide = () => setTarget(undefined)
    document.addEventListener('pointerover', show, { signal })
    document.addEventListener('focusin', show, { signal })
    document.addEventListener('focusout', hide, { signal })
    document.addEventListener('scroll', hide, { signal, passive: true, capture: true })
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && hide(), { signal })
    return () => listening.abort()
  }, [])
  const word = target?.dataset.term
  const meaning = word === undefined ? undefined : glossary[word]
  useLayoutEffect(() => {
    if (target === undefined || meaning === undefined || box.current === null) return
    const [at, own] = [target.getBoundingClientRect(), box.current.getBoundingClientRect()]
    const left = Math.max(GAP_PX, Math.min(at.left, document.documentElement.clientWidth - own.width - GAP_PX))
    const isRoomBelow = at.bottom + GAP_PX + own.height < window.innerHeight
    const top = isRoomBelow ? at.bottom + GAP_PX : Math.max(GAP_PX, at.top - GAP_PX - own.height)
    box.current.style.translate = `${left}px ${top}px`
    target.setAttribute('aria-describedby', ID)
    return () => target.removeAttribute('aria-describedby')
  }, [target, meaning])
  if (meaning === undefined) return null
  return (
    <div ref={box} id={ID} role="tooltip" class="tip">
      <strong>{word}</strong> {meaning}
    </div>
  )
}

const termAt = (at: EventTarget | null): HTMLElement | undefined =>
  (at instanceof Element ? at.closest<HTMLElement>('[data-term]') : null) ?? undefined
