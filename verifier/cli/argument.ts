/** What a person names on the command line, checked before anybody is asked about it. */
import type { z } from 'zod'
import { UserError } from '../config/errors.js'

/** @param what stands before the value in the error, such as `--epoch `. @throws UserError 'usage' */
export function argumentOf<T extends z.ZodType>(form: T, given = '', what = ''): z.infer<T> {
  const parsed = form.safeParse(given)
  if (parsed.success) return parsed.data
  throw new UserError('usage', `${what}${given.trim() || '""'} ${parsed.error.issues[0]!.message}`)
}
