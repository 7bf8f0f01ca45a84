/**
 * What a caller names in a request or on the command line. Spaces around the value and capital letters do not matter.
 * The message of a fault is the end of a sentence that starts with the value.
 */
import { z } from 'zod'
import { address, hash } from './scalars.js'

const text = z.string('is given more than once. Give it once.').trim().toLowerCase()

const NOT_AN_EPOCH = 'is not an epoch. Give a number from 1, or latest.'

/** A number from 1. Ten digits are more epochs than any network will have. */
const epochNumber = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/, NOT_AN_EPOCH)
  .transform(Number)
  .pipe(z.int().min(1))

export const epochArgument = text
  .regex(/^(?:latest|[1-9][0-9]{0,9})$/, NOT_AN_EPOCH)
  .transform((given): number | 'latest' => (given === 'latest' ? given : Number(given)))
  .pipe(z.union([z.int().min(1), z.literal('latest')]))

export const epochNumberArgument = text.pipe(epochNumber)

export const addressArgument = text
  .regex(/^0x[0-9a-f]{40}$/, 'is not an address. Give 0x and 40 hexadecimal digits.')
  .pipe(address)
export const sessionArgument = text
  .regex(/^0x[0-9a-f]{64}$/, 'is not a session id. Give 0x and 64 hexadecimal digits.')
  .pipe(hash)
export const regionArgument = text
  .regex(/^0x[0-9a-f]{64}$/, 'is not a region. Give 0x and 64 hexadecimal digits.')
  .pipe(hash)

/** Part of an address, a peer id or a multiaddr; or an address as short texts show it, such as `0x2685…1cfc`. */
export const searchArgument = text.max(
  128,
  'is more than 128 characters. Give a part of an address, of a peer id or of a multiaddr.',
)

export const choiceArgument = <const C extends readonly [string, ...string[]]>(choices: C) =>
  text.pipe(z.enum(choices, `is none of the choices. Give one of ${choices.join(', ')}.`))

/** @param most a number of at most nine digits */
export const numberArgument = (least: number, most: number) => {
  const message = `is not a number from ${least} to ${most}.`
  return text
    .regex(/^(?:0|[1-9][0-9]{0,8})$/, message)
    .transform(Number)
    .pipe(z.int().min(least, message).max(most, message))
}

/** How many items a page has at most. */
export const limitArgument = (usual: number, most: number) => numberArgument(1, most).default(usual)

/** Where a page of a list begins: `next` of the page before. */
export const cursorArgument = text.regex(
  /^(?:-|[0-9]{1,78}|0x[0-9a-f]{40,64}):0x[0-9a-f]{40}$/,
  'is not a cursor. Give the `next` of the page before.',
)
