import { UserError } from '../../config/errors.js'

export interface EpochRange {
  readonly first: number
  /** undefined for the newest epoch that has a report */
  readonly last: number | undefined
}

const RANGE = /^([1-9]\d{0,9})\.\.([1-9]\d{0,9}|latest)$/

/** @param text such as 3..12 or 3..latest. @throws UserError 'usage' */
export function parseEpochs(text: string): EpochRange {
  const [, from, to] = RANGE.exec(text.trim().toLowerCase()) ?? []
  if (from === undefined || to === undefined) {
    throw new UserError(
      'usage',
      `--epochs ${text} is no range. Give the first and the last epoch, such as 3..12 or 3..latest.`,
    )
  }
  const [first, last] = [Number(from), to === 'latest' ? undefined : Number(to)]
  if (last !== undefined && last < first) {
    throw new UserError(
      'usage',
      `--epochs ${text} ends before it begins. Give the lower epoch first, such as ${last}..${first}.`,
    )
  }
  return { first, last }
}
