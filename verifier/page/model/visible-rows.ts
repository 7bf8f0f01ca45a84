/** Which rows of a long table are in the document: those on the screen, some around them, and the one with the focus. */

export interface View {
  /** of the first row's upper edge below the upper edge of the screen, in pixels: below zero once it is scrolled away */
  readonly topPx: number
  readonly screenPx: number
  readonly rowPx: number
}

/** Rows above and below the screen that are kept, so that Tab and a quick scroll find them. */
const SPARE_ROWS = 12

/** Ascending. @param pinned a row that stays, wherever it is: the focus would be lost with it */
export function visibleRows(count: number, { topPx, screenPx, rowPx }: View, pinned?: number): number[] {
  const within = (row: number) => Math.min(count, Math.max(0, row))
  const first = within(Math.floor(-topPx / rowPx) - SPARE_ROWS)
  const end = within(Math.ceil((screenPx - topPx) / rowPx) + SPARE_ROWS)
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
  if (pinned === undefined || pinned < 0 || pinned >= count) return rows
  if (pinned < first || rows.length === 0) return [pinned, ...rows]
  return pinned < end ? rows : [...rows, pinned]
}

/** Where a key moves the focus; undefined for a key that moves nothing. */
export function rowAfterKey(key: string, row: number, count: number, page: number): number | undefined {
  const to = { ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + page, PageUp: row - page, Home: 0, End: count - 1 }
  const wanted = Object.hasOwn(to, key) ? to[key as keyof typeof to] : undefined
  return wanted === undefined ? undefined : Math.min(count - 1, Math.max(0, wanted))
}
