/** The title of a view, in the document and in the window. It takes the focus when the view opens. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Bandwitness`
  }, [title])
  useEffect(() => {
    // A screen reader then tells of the new view; and Tab goes on from here.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children !== undefined && <p class="lead">{children}</p>}
    </>
  )
}
