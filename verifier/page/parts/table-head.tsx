/** The head of a table: titles with their units, words that explain themselves, and what the table is sorted by. */
import { type Column, classOf, type Sorting } from './columns.js'

interface Props<Row> {
  readonly columns: readonly Column<Row>[]
  readonly sorting?: Sorting | undefined
  readonly onSort?: ((sorting: Sorting) => void) | undefined
  /** for a table of which only a part is in the document */
  readonly isNumbered?: boolean
}

export function TableHead<Row>({ columns, sorting, onSort, isNumbered }: Props<Row>) {
  return (
    <thead>
      <tr {...(isNumbered ? { 'aria-rowindex': 1 } : {})}>
        {columns.map(column => (
          <th key={column.key} scope="col" class={classOf(column)} aria-sort={ariaSort(column, sorting)}>
            <Title column={column} sorting={sorting} onSort={onSort} />
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Title<Row>({ column, sorting, onSort }: { column: Column<Row> } & Pick<Props<Row>, 'sorting' | 'onSort'>) {
  const { title, term, unit, sort, isFigure } = column
  const text = (
    <>
      {title}
      {unit !== undefined && <small> {unit}</small>}
    </>
  )
  if (sort === undefined || onSort === undefined) {
    if (term === undefined) return text
    return (
      <button type="button" class="term" data-term={term}>
        {text}
      </button>
    )
  }
  const isBy = sorting?.by === sort
  // A figure is looked at from the largest down, a name from A to Z.
  const isDescending = isBy ? !sorting.isDescending : isFigure === true
  const mark = (
    <span aria-hidden="true" class="mark">
      {isBy ? (sorting.isDescending ? '↓' : '↑') : ''}
    </span>
  )
  return (
    <button type="button" class="sort" data-term={term} onClick={() => onSort({ by: sort, isDescending })}>
      {isFigure && mark}
      {text}
      {!isFigure && mark}
    </button>
  )
}

function ariaSort<Row>({ sort }: Column<Row>, sorting?: Sorting) {
  if (sort === undefined || sorting === undefined) return undefined
  if (sort !== sorting.by) return 'none'
  return sorting.isDescending ? 'descending' : 'ascending'
}
