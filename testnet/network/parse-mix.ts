/** `--verifiers` and `--providers`: a number (all honest) or `profile=count,…`, for example `honest=2,slow@0.6=1`. */
import { UserError } from '../../verifier/config/errors.js'

export interface MixEntry {
  readonly profile: string
  /** The part after `@`, for a profile that takes a value. */
  readonly value: number | undefined
}

/** The profile as the user wrote it: `slow@0.6`. */
export const mixName = ({ profile, value }: MixEntry): string => (value === undefined ? profile : `${profile}@${value}`)

export interface MixRules {
  readonly option: string
  /** Known profiles; `true` for those that take a value, a fraction above 0 and below 1. */
  readonly profiles: Readonly<Record<string, boolean>>
  readonly minimum: number
  readonly maximum: number
}

/** One entry for each node, in the order given. @throws UserError 'usage' */
export function parseMix(text: string, rules: MixRules): MixEntry[] {
  const fail = (what: string) => new UserError('usage', `--${rules.option} ${text}: ${what}`)
  const parts = /^\d+$/.test(text.trim()) ? [`honest=${text.trim()}`] : text.split(',')
  const entries = parts.flatMap(part => {
    const match = /^([a-z-]+)(?:@([^=]+))?=(\d+)$/.exec(part.trim())
    if (!match) throw fail(`"${part}" is neither a number nor profile=count.`)
    const profile = match[1]!
    const takesValue = rules.profiles[profile]
    if (takesValue === undefined)
      throw fail(`there is no profile "${profile}". Choose from ${Object.keys(rules.profiles).join(', ')}.`)
    const value = match[2] === undefined ? undefined : Number(match[2])
    if (takesValue && !(value !== undefined && value > 0 && value < 1)) {
      throw fail(`${profile} takes a fraction between 0 and 1, for example ${profile}@0.6=1.`)
    }
    if (!takesValue && value !== undefined) throw fail(`${profile} takes no value.`)
    return new Array<MixEntry>(Math.min(Number(match[3]), rules.maximum + 1)).fill({ profile, value })
  })
  if (entries.length < rules.minimum || entries.length > rules.maximum) {
    const wrong = entries.length > rules.maximum ? 'too many' : 'too few'
    throw fail(`${wrong} nodes. Ask for ${rules.minimum} to ${rules.maximum}.`)
  }
  return entries
}
