/** What `testnet node` and `testnet warp` ask a running testnet for. Pure. */
import { parseRate } from '../../verifier/cli/rate.js'
import { UserError } from '../../verifier/config/errors.js'
import { type ControlRequest, MAX_DELAY_MS, MAX_WARP_SECONDS, PLAIN_ACTIONS } from './control.js'

export const ACTIONS = ['add', ...PLAIN_ACTIONS, 'slow', 'delay'] as const

export interface ActionFlags {
  readonly profile: string
  readonly rate: string | undefined
  readonly ms: number | undefined
}

/** @param name of a node; its role, if it is added. @throws UserError 'usage' */
export function requestOf(
  action: (typeof ACTIONS)[number],
  name: string,
  { profile, rate, ms }: ActionFlags,
): ControlRequest {
  if (action === 'add') return { action, role: name, profile }
  if (action === 'slow') {
    if (rate === undefined) throw new UserError('usage', 'slow needs a rate: give one such as --rate 10mbps.')
    return { action, name, rateKbps: parseRate('rate', rate) }
  }
  if (action !== 'delay') return { action, name }
  if (ms === undefined) throw new UserError('usage', 'delay needs a time: give one such as --ms 250.')
  if (Number.isInteger(ms) && ms >= 1 && ms <= MAX_DELAY_MS) return { action, name, ms }
  throw new UserError('usage', `--ms ${ms} is no delay. Give whole milliseconds from 1 to ${MAX_DELAY_MS}.`)
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** `90s`, `30m` or `1h` in seconds. @throws UserError 'usage' */
export function parseTime(text: string): number {
  const match = /^(\d{1,6})(s|m|h)$/.exec(text.trim())
  const seconds = match ? Number(match[1]) * UNIT_SECONDS[match[2]!]! : 0
  if (seconds >= 1 && seconds <= MAX_WARP_SECONDS) return seconds
  throw new UserError('usage', `"${text}" is no time to go forward by. Give one such as 90s, 30m or 1h, at most 24h.`)
}
