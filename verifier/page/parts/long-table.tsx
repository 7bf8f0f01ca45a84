/**
 * A table of which only the rows on the screen are in the document. It scrolls with the page. All rows have one height.
 * Tab goes from row to row, and so do the arrow keys, Page Up and Down, Home and End while a row's link has the focus.
 * `rows` are those that are here of `total`; the others are asked for once the reader comes near them.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { rowAfterKey, type View, visibleRows } from '../model/visible-rows.js'
import { type Column, classOf, type Sorting } from './columns.js'
import { TableHead } from './table-head.js'

interface Props<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly total: number
  readonly onMore: () => void
  readonly keyOf: (row: Row) => string
  readonly classOfRow?: (row: Row) => string | undefined
  readonly sorting: Sorting
  readonly onSort: (sorting: Sorting) => void
}

const FIRST_VIEW: View = { topPx: 0, screenPx: 1200, rowPx: 32 }
/** The head is row 1 for a screen reader. */
const HEAD_ROWS = 1

export function LongTable<Row>(props: Props<Row>) {
  const { caption, columns, rows, total, onMore, keyOf, classOfRow, sorting, onSort } = props
  const body = useRef<HTMLTableSectionElement>(null)
  const view = useView(body, rows.length)
  const [focused, setFocused] = useState<string>()
  const wanted = useRef<string>(undefined)
  const pinned = focused === undefined ? undefined : rows.findIndex(row => keyOf(row) === focused)
  const shown = visibleRows(rows.length, view, pinned)
  const isMoreWanted = rows.length < total && visibleRows(total, view).at(-1)! >= rows.length

  useEffect(() => {
    if (isMoreWanted) onMore()
  }, [isMoreWanted, onMore])

  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    body.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(wanted.current)}"] a`)?.focus()
    wanted.current = undefined
  })

  const onKeyDown = (event: KeyboardEvent) => {
    const at = keyAt(event.target)
    const row = at === undefined ? -1 : rows.findIndex(one => keyOf(one) === at)
    const page = Math.floor(view.screenPx / view.rowPx) - 2
    const next = row < 0 ? undefined : rowAfterKey(event.key, row, rows.length, page)
    if (next === undefined) return
    event.preventDefault()
    wanted.current = keyOf(rows[next]!)
    setFocused(wanted.current)
  }

  return (
    <table aria-rowcount={total + HEAD_ROWS} class="long">
      <caption class="unseen">{caption}</caption>
      <TableHead columns={columns} sorting={sorting} onSort={onSort} isNumbered />
      <tbody
        ref={body}
        onKeyDown={onKeyDown}
        onFocusIn={event => setFocused(keyAt(event.target))}
        onFocusOut={() => setFocused(undefined)}
      >
        {shown.flatMap((index, i) => {
          const row = rows[index]!
          const key = keyOf(row)
          return [
            <Gap
              key={`gap before ${key}`}
              px={(index - (shown[i - 1] ?? -1) - 1) * view.rowPx}
              columns={columns.length}
            />,
            <tr key={key} data-key={key} aria-rowindex={index + 1 + HEAD_ROWS} class={classOfRow?.(row)}>
              {columns.map(column => (
                <td key={column.key} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>,
          ]
        })}
        <Gap key="gap after" px={(total - 1 - (shown.at(-1) ?? -1)) * view.rowPx} columns={columns.length} />
      </tbody>
    </table>
  )
}

/** As high as the rows that are not in the document. */
const Gap = ({ px, columns }: { px: number; columns: number }) =>
  px <= 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it takes no focus, and it is no row
    <tr aria-hidden="true" class="gap" style={{ height: `${px}px` }}>
      <td colSpan={columns} />
    </tr>
  )

const keyAt = (at: EventTarget | null): string | undefined =>
  at instanceof Element ? at.closest<HTMLElement>('tr[data-key]')?.dataset.key : undefined

/** Follows the page's scrolling, one look a frame. */
function useView(body: { current: HTMLElement | null }, count: number): View {
  const [view, setView] = useState(FIRST_VIEW)
  // another number of rows is another height
  useEffect(() => {
    let frame = 0
    const look = () => {
      frame = 0
      const row = body.current?.querySelector('tr[data-key]')
      if (!body.current || !row) return
      const rowPx = row.getBoundingClientRect().height || FIRST_VIEW.rowPx
      const next = { topPx: body.current.getBoundingClientRect().top, screenPx: window.innerHeight, rowPx }
      setView(last => (sameRows(last, next) ? last : next))
    }
    const soon = () => {
      frame ||= requestAnimationFrame(look)
    }
    look()
    const listening = new AbortController()
    const { signal } = listening
    window.addEventListener('scroll', soon, { signal, passive: true })
    window.addEventListener('resize', soon, { signal })
    return () => {
      listening.abort()
      cancelAnimationFrame(frame)
    }
  }, [count])
  return view
}

/** The spare rows around the screen last for so many rows of scrolling, and then the table is drawn again. */
const STEP_ROWS = 6

const sameRows = (a: View, b: View): boolean => {
  const stepOf = ({ topPx, rowPx }: View) => Math.floor(topPx / (STEP_ROWS * rowPx))
  return a.rowPx === b.rowPx && a.screenPx === b.screenPx && stepOf(a) === stepOf(b)
}
