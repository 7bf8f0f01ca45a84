import { UserError } from '../../verifier/config/errors.js'

/** Parses an option's number. @throws UserError 'usage' unless the number is above zero */
export function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new UserError('usage', `--${option} must be a number above zero, not ${text}.`)
  }
  return value
}
