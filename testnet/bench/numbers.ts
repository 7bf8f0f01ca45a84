import { UserError } from '../../verifier/config/errors.js'

/** The number that an option's text is. @throws UserError 'usage' unless it is above zero */
export function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new UserError('usage', `--${option} ${text}: a number above zero`)
  }
  return value
}
