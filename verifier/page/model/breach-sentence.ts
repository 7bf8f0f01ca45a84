import { bitCount } from '../../core/scoring/bit-count.js'

/** For whoever does not see the dots. */
export const breachSentence = (bits: number): string => {
  const held = bitCount(bits)
  return held === 0
    ? 'no breach in the last five windows that count'
    : `${held} ${held === 1 ? 'breach' : 'breaches'} in the last five windows that count`
}
