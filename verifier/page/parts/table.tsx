/** A table that is in the document as a whole. */
import { type Column, classOf } from './columns.js'
import { TableHead } from './table-head.js'

export interface TableProps<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
  readonly classOfRow?: (row: Row) => string | undefined
  /** instead of rows, where there are none */
  readonly empty: string
}

export function Table<Row>({ caption, columns, rows, keyOf, classOfRow, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="note">{empty}</p>
  return (
    // A wide table scrolls by itself, and the keyboard must reach what it hides.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region needs the focus
    <section class="scrolled" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <TableHead columns={columns} />
        <tbody>
          {rows.map(row => (
            <tr key={keyOf(row)} class={classOfRow?.(row)}>
              {columns.map(column => (
                <td key={column.key} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
