/** How many bits are set, in a map of ticks or of windows. @param bits at least 0 */
export const bitCount = (bits: number | bigint): number => bits.toString(2).replaceAll('0', '').length
