/** Tables in Markdown, and their place in a page. Pure. */

/** The markers of a table: the table stands between two comments. */
const markers = (name: string) => [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`] as const

export const holds = (page: string, name: string): boolean => page.includes(markers(name)[0])

/** The page with the text between the markers. @throws Error if the page has no such markers */
export function between(page: string, name: string, text: string): string {
  const [begin, end] = markers(name)
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no markers ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

/** The first column names the row; the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)]
}
