/** How figures are written for people: the same in the terminal and on the page. */
import type { GroupReading } from '../../core/scoring/group-reading.js'

/** `24.93` of kbit/s. */
export const mbpsText = (kbps: number): string => (kbps / 1000).toFixed(kbps < 100_000 ? 2 : 1)

/** `24.93 Mbit/s`, or `unmeasured`. */
export const rateText = (kbps: number | null): string => (kbps === null ? 'unmeasured' : `${mbpsText(kbps)} Mbit/s`)

/** `verifiers 3 and 7: 480.0 + 470.0 = 950.0 of 1000.0 Mbit/s` */
export function groupText({ verifiers, ratesKbps, sumKbps }: GroupReading, claimKbps: number): string {
  const names = `${verifiers.slice(0, -1).join(', ')} and ${verifiers.at(-1)}`
  const sum = `verifiers ${names}: ${ratesKbps.map(mbpsText).join(' + ')} = ${mbpsText(sumKbps)}`
  return sumKbps > claimKbps ? `${sum}, above the ${rateText(claimKbps)} claimed` : `${sum} of ${rateText(claimKbps)}`
}

/** `97.3 %` of basis points. */
export const shareText = (bps: number): string => `${(bps / 100).toFixed(1)} %`

/** `8.7 ms`, `87 ms` or `1.2 s` of microseconds. */
export function delayText(us: number): string {
  const [value, unit] = us < 1e6 ? [us / 1000, 'ms'] : [us / 1e6, 's']
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)} ${unit}`
}

/** The last five windows that count, oldest first: ● a breach, ○ none. */
export const breachText = (bits: number): string => [4, 3, 2, 1, 0].map(i => ((bits >> i) & 1 ? '●' : '○')).join('')

/** Unix seconds as `2026-03-01 12:00:00 UTC`. */
export const timeText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`

const WEI_DIGITS = 18
const SHOWN_DIGITS = 4

/** Tokens of 18 decimals, cut to four. */
export const tokensText = (wei: bigint): string => decimal(wei, SHOWN_DIGITS)

/** Tokens of 18 decimals, to the wei. */
export const exactTokensText = (wei: bigint): string => decimal(wei, WEI_DIGITS)

function decimal(wei: bigint, digits: number): string {
  const unit = 10n ** BigInt(WEI_DIGITS)
  const fraction = (wei % unit).toString().padStart(WEI_DIGITS, '0').slice(0, digits).replace(/0+$/, '')
  return fraction === '' ? `${wei / unit}` : `${wei / unit}.${fraction}`
}

/** `0x12ab…90ef` */
export const shortHex = (hex: string): string => (hex.length <= 14 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`)
