/** A word of the project. Its meaning, as the glossary has it, appears on hover, on focus and on a tap. */
import type { ComponentChildren } from 'preact'

interface Props {
  readonly word: string
  /** a mark that must not begin the next line */
  readonly then?: string
  /** what stands there instead of the word */
  readonly children?: ComponentChildren
}

export function Term({ word, then, children }: Props) {
  const term = (
    <button type="button" class="term" data-term={word}>
      {children ?? word}
    </button>
  )
  if (then === undefined) return term
  return (
    <span class="together">
      {term}
      {then}
    </span>
  )
}
