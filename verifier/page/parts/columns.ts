/** What a column of a table is. */
import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** a word of the glossary */
  readonly term?: string
  /** stands beside the title, once for all figures of the column */
  readonly unit?: string
  /** figures stand at the right, in digits of one width */
  readonly isFigure?: boolean
  /** sentences may take several lines */
  readonly isText?: boolean
  /** not on a phone */
  readonly isWide?: boolean
  /** what the API sorts the rows by; a table cannot be sorted by a column without it */
  readonly sort?: string
  readonly cell: (row: Row) => ComponentChildren
}

export interface Sorting {
  readonly by: string
  readonly isDescending: boolean
}

export const classOf = <Row>({ isFigure, isText, isWide }: Column<Row>): string =>
  [isFigure && 'figure', isText && 'text', isWide && 'wide'].filter(Boolean).join(' ')

/** Where a figure would stand and there is none. */
export const NOTHING = '–'
