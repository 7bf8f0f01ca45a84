/** Lists of verifiers in words. */

/** `1–5, 8 and 9`, of ascending numbers. */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [from: number, to: number][] = []
  for (const n of numbers) {
    const last = ranges.at(-1)
    if (last?.[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  const texts = ranges.flatMap(([from, to]) => {
    if (from === to) return [`${from}`]
    return to === from + 1 ? [`${from}`, `${to}`] : [`${from}–${to}`]
  })
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

export const verifiersText = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'verifier' : 'verifiers'} ${rangesText(numbers)}`
