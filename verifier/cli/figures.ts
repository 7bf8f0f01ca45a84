/** How figures are written for people, everywhere the same. */

/** `24.9 Mbit/s`, or `unmeasured`. */
export const rateText = (kbps: number | null): string =>
  kbps === null ? 'unmeasured' : `${(kbps / 1000).toFixed(kbps < 100_000 ? 2 : 1)} Mbit/s`

/** `97.3 %` of basis points. */
export const shareText = (bps: number): string => `${(bps / 100).toFixed(1)} %`

/** The last five windows, oldest first: ● a breach, ○ none. */
export const breachText = (bits: number): string => [4, 3, 2, 1, 0].map(i => ((bits >> i) & 1 ? '●' : '○')).join('')

const WEI_DIGITS = 18
const SHOWN_DIGITS = 4

/** Tokens of 18 decimals, cut to four. */
export function tokensText(wei: bigint): string {
  const unit = 10n ** BigInt(WEI_DIGITS)
  const fraction = (wei % unit).toString().padStart(WEI_DIGITS, '0').slice(0, SHOWN_DIGITS).replace(/0+$/, '')
  return fraction === '' ? `${wei / unit}` : `${wei / unit}.${fraction}`
}

/** `0x12ab…90ef` */
export const shortHex = (hex: string): string => (hex.length <= 14 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`)
