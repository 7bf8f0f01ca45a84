/** What a view shows while its answer is on the way, if there is none, and if there is one. */
import type { ComponentChildren } from 'preact'
import type { Loaded } from '../data/use-answer.js'

export function Answered<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.state === 'loading') return <p class="note">Loading …</p>
  if (of.state === 'failed') {
    return (
      <p class="note bad" role="alert">
        {of.error}
      </p>
    )
  }
  return (
    <>
      {of.fault !== undefined && (
        <p class="note warn" role="status">
          This is not the newest: {of.fault}
        </p>
      )}
      {children(of.value)}
    </>
  )
}
