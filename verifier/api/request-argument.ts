/** The argument in a request's path. */
import type { z } from 'zod'

/** A request that cannot be answered as it stands. */
class BadRequest extends Error {
  readonly statusCode = 400
}

/** @throws BadRequest that says what the argument must be */
export function requestArgument<T extends z.ZodType>(form: T, given: string): z.infer<T> {
  const parsed = form.safeParse(given)
  if (parsed.success) return parsed.data
  throw new BadRequest(`${JSON.stringify(given)} ${parsed.error.issues[0]!.message}`)
}
