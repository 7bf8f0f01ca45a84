/** How the parts of an explanation stand on the screen: titles at the margin, labels and text below them. */
import type { Part } from '../../evidence/text/part.js'
import { wrap } from '../wrap.js'

export const INDENT = '  '
const LABEL_WIDTH = 13

/** A label, and beside it one paragraph for each sentence. */
export const field = (label: string, ...sentences: readonly string[]): string =>
  sentences.map((text, i) => wrap(text, INDENT + (i === 0 ? label : '').padEnd(LABEL_WIDTH))).join('\n')

export const fields = (parts: readonly Part[]): string[] => parts.map(({ label, lines }) => field(label, ...lines))

export const paragraph = (text: string): string => wrap(text, INDENT)

export const section = (title: string, lines: readonly string[]): string => [title, ...lines].join('\n')
