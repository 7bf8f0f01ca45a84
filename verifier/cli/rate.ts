import { UserError } from '../config/errors.js'

const UNIT_KBPS: Record<string, number> = { kbps: 1, mbps: 1000, gbps: 1_000_000 }

/** `10mbps`, `2500kbps`, `1.5gbps` in kbit/s. @throws UserError 'usage' */
export function parseRate(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(kbps|mbps|gbps)$/i.exec(text.trim())
  const kbps = match ? Math.round(Number(match[1]) * UNIT_KBPS[match[2]!.toLowerCase()]!) : 0
  if (kbps < 1) throw new UserError('usage', `--${option} ${text} is not a rate. Give one such as 10mbps or 2500kbps.`)
  return kbps
}
