/** How the command line writes figures, and reads amounts. */
import { UserError } from '../config/errors.js'

export {
  breachText,
  delayText,
  exactTokensText,
  groupText,
  mbpsText,
  rateText,
  shareText,
  shortHex,
  timeText,
  tokensText,
} from '../evidence/text/figures.js'

const WEI_DIGITS = 18

/** `12.5` tokens in wei. @throws UserError 'usage' */
export function parseTokens(option: string, text: string): bigint {
  const match = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text.trim())
  const wei = match ? BigInt(match[1]! + (match[2] ?? '').padEnd(WEI_DIGITS, '0')) : 0n
  if (wei > 0n) return wei
  throw new UserError('usage', `--${option} ${text} is no amount of tokens. Give one such as 12.5.`)
}
