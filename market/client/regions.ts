/** The regions that a user wants providers in: a list of codes, or a file with one, which may change while the client runs. */
import { readFile } from 'node:fs/promises'
import type { Hex } from '../../proto/hex.js'
import { UserError } from '../../verifier/config/errors.js'
import { unreadableBecause } from '../../verifier/config/unreadable.js'
import { regionOf } from '../core/region.js'

/** As on the chain; undefined for any region. @throws UserError 'usage' */
export type ReadRegions = () => Promise<readonly Hex[] | undefined>

const SEPARATOR = /[\s,]+/

/** @param option codes with commas between them, or the path of a file with such codes */
export function regionsFrom(option: string | undefined): ReadRegions {
  if (option === undefined) return async () => undefined
  const listed = parsed(option)
  return listed === undefined ? () => read(option) : async () => listed
}

async function read(path: string): Promise<readonly Hex[]> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw wrong(path, `no list of codes, and no file: ${unreadableBecause(cause)}`, cause)
  })
  const regions = parsed(text)
  if (regions === undefined) throw wrong(path, 'a file without a list of codes')
  return regions
}

function parsed(text: string): readonly Hex[] | undefined {
  const regions = text
    .split(SEPARATOR)
    .filter(code => code !== '')
    .map(regionOf)
  return regions.length > 0 && regions.every(region => region !== undefined) ? regions : undefined
}

const wrong = (given: string, what: string, cause?: unknown): UserError =>
  new UserError('usage', `--regions ${given} is ${what}. Give country codes such as DE,NL, or a file with them.`, {
    cause,
  })
