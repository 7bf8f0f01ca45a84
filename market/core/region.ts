/**
 * Where a provider says that it is: a country's code of two letters (ISO 3166-1), as text in the 32 bytes of the registry.
 * Nobody checks it.
 */
import { type Hex, toHex } from '../../proto/hex.js'

const CODE = /^[A-Z]{2}$/
const REGION_BYTES = 32

/** @param code in either case. @returns undefined for what is no code */
export function regionOf(code: string): Hex | undefined {
  const upper = code.trim().toUpperCase()
  if (!CODE.test(upper)) return undefined
  const region = Buffer.alloc(REGION_BYTES)
  region.write(upper, 'ascii')
  return toHex(region)
}
