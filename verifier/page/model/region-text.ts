/** A region: 32 bytes that a provider chose. They are a short text, or a hash of one. */
import { shortHex } from '../../evidence/text/figures.js'

const NONE = /^0x0{64}$/

export function regionText(region: string): string {
  if (NONE.test(region)) return 'none'
  const codes = (
    region
      .slice(2)
      .replace(/(?:00)+$/, '')
      .match(/../g) ?? []
  ).map(byte => Number.parseInt(byte, 16))
  const isText = codes.length > 0 && codes.length < 32 && codes.every(code => code > 0x20 && code < 0x7f)
  return isText ? String.fromCharCode(...codes) : shortHex(region)
}
