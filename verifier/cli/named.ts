/**
 * What a person names on the command line when nobody types 40 digits: an address, a part of one as the live view shows it,
 * or the name that a testnet gives a node. The form is checked before anybody is asked.
 */
import { UserError } from '../config/errors.js'

export type Named =
  | { readonly kind: 'whole'; readonly hex: string }
  /** `0x2685`, or `0x2685…1cfc` */
  | { readonly kind: 'part'; readonly start: string; readonly end: string }
  | { readonly kind: 'name'; readonly name: string }

/** A kind of thing that has hexadecimal digits. */
export interface Kind {
  /** how many hexadecimal digits a whole one has */
  readonly digits: number
  /** the end of the sentence that starts with something else */
  readonly advice: string
}

const PART = /^0x([0-9a-f]*)(?:(?:…|\.{2,3})([0-9a-f]*))?$/
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/

/** @throws UserError 'usage' for what is none of them */
export function named(given: string | undefined, { digits, advice }: Kind): Named {
  const text = given?.trim().toLowerCase() ?? ''
  const [, start, end = ''] = PART.exec(text) ?? []
  if (start?.length === digits && end === '') return { kind: 'whole', hex: text }
  if (start && start.length + end.length <= digits) return { kind: 'part', start: `0x${start}`, end }
  if (NAME.test(text)) return { kind: 'name', name: text }
  throw new UserError('usage', `${text === '' ? '""' : given!.trim()} ${advice}`)
}

/**
 * The one of `known` that a part stands for.
 * @param where they are known, for the error
 * @throws UserError 'usage' if it stands for none, or for several, which the error lists
 */
export function theOne<T extends string>(
  { start, end }: Extract<Named, { kind: 'part' }>,
  known: readonly T[],
  noun: string,
  where: string,
): T {
  const fitting = [...new Set(known)].filter(hex => hex.startsWith(start) && hex.endsWith(end))
  const [one, ...others] = fitting
  const part = end === '' ? start : `${start}…${end}`
  if (one === undefined) throw new UserError('usage', `No ${noun} ${where} is ${part}. Give the whole of it.`)
  if (others.length === 0) return one
  throw new UserError('usage', `${part} can be ${listText(fitting)}. Give more of it.`)
}

/** So many are shown. */
const MOST = 4

function listText(all: readonly string[]): string {
  const [shown, rest] = [all.slice(0, MOST), all.length - MOST]
  if (rest > 0) return `${shown.join(', ')} or ${rest === 1 ? 'another' : `one of ${rest} others`}`
  return `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}
