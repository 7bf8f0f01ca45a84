/**
 * What a caller names in a request or on the command line. Spaces around the value and capital letters do not matter.
 * The message of a fault is the end of a sentence that starts with the value.
 */
import { z } from 'zod'
import { address, hash } from './scalars.js'

const text = z.string().trim().toLowerCase()

export const epochArgument = text.regex(
  /^(?:latest|[1-9][0-9]{0,9})$/,
  'is not an epoch. Give a number from 1, or latest.',
)
export const addressArgument = text
  .regex(/^0x[0-9a-f]{40}$/, 'is not an address. Give 0x and 40 hexadecimal digits.')
  .pipe(address)
export const sessionArgument = text
  .regex(/^0x[0-9a-f]{64}$/, 'is not a session id. Give 0x and 64 hexadecimal digits.')
  .pipe(hash)
