/**
 * Finds the wrong ones among many that are checked together. Pure.
 *
 * Together, n signatures cost n + 1 pairings; each alone costs 2. If 64 do not hold together, parts of 4 are checked, and the
 * members of a part that does not hold one by one. After two such parts whoever sends the signatures means harm, and the
 * rest is checked one by one. One wrong signature then costs at most 65 + 16 · 5 + 4 · 2 = 153 pairings, which is 1.2 times
 * as much as 64 checks one by one; any number of them at most 65 + 2 · 5 + 64 · 2 = 203, which is 1.59 times as much.
 */
export const PART = 4
const MAX_WRONG_PARTS = 2

/**
 * @param areRight whether all items from `from` up to, but not including, `to` are right
 * @returns for each of the items whether it is right
 */
export function findRight(count: number, areRight: (from: number, to: number) => boolean): boolean[] {
  const right = new Array<boolean>(count).fill(true)
  if (count === 0 || areRight(0, count)) return right
  if (count === 1) return [false]
  let wrongParts = count > PART ? 0 : MAX_WRONG_PARTS
  for (let from = 0; from < count; from += PART) {
    const to = Math.min(from + PART, count)
    if (wrongParts < MAX_WRONG_PARTS && to - from > 1) {
      if (areRight(from, to)) continue
      wrongParts++
    }
    for (let i = from; i < to; i++) right[i] = areRight(i, i + 1)
  }
  return right
}
