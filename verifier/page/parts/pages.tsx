/** A table of many rows, of which the first ones are shown, and more on demand. */
import { useState } from 'preact/hooks'
import { Table, type TableProps } from './table.js'

const ROWS = 50

export function Pages<Row>({ rows, ...table }: TableProps<Row>) {
  const [shown, setShown] = useState(ROWS)
  const left = rows.length - shown
  return (
    <>
      <Table {...table} rows={rows.slice(0, shown)} />
      {left > 0 && (
        <p>
          <button type="button" class="quiet" onClick={() => setShown(shown + ROWS)}>
            Show {Math.min(left, ROWS)} more of {left}
          </button>
        </p>
      )}
    </>
  )
}
