import { keccakText } from './hash.js'
import type { Hex } from './hex.js'
import type { NetworkParams } from './params.js'

/** Hash over `name=value` lines, in alphabetical order of the names. */
export const paramsHash = (params: NetworkParams): Hex =>
  keccakText(
    Object.entries(params)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  )
