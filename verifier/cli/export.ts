/** `bandwitness export`: scores and certified rates of many epochs, in a file for other programs. */

import type { InferredOptionTypes } from 'yargs'
import { UserError } from '../config/errors.js'
import { writeWhole } from '../config/whole-file.js'
import type { ReportJson } from '../evidence/schema/report.js'
import { API_OPTION } from './api-client.js'
import { type EpochRange, parseEpochs } from './export/epoch-range.js'
import { FORMATS } from './export/formats.js'
import { reportsOf } from './export/reports.js'
import type { Row } from './export/row.js'
import { rowsOf } from './export/rows.js'
import { type History, historyAt } from './export/verifier-history.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { settings } from './settings.js'

const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[]

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const OPTIONS = {
  ...API_OPTION,
  epochs: { type: 'string', demandOption: true, describe: 'First and last epoch, such as 3..12 or 3..latest' },
  format: { choices: FORMAT_NAMES, default: 'jsonl' as const, describe: 'One JSON object a line, or Apache Parquet' },
  out: { type: 'string', demandOption: true, describe: 'File to write; an existing file is never replaced' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

/** What was written. */
interface ExportJson {
  readonly file: string
  readonly format: string
  /** with a report */
  readonly epochs: number
  readonly rows: number
}

export const exportCommand: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const range = parseEpochs(flags.epochs)
    print(flags, await exported(await historyAt(flags.api), range, flags), exportText)
  },
}

async function exported(
  history: History,
  range: EpochRange,
  { format, out }: Pick<Flags, 'format' | 'out'>,
): Promise<ExportJson> {
  const count = { epochs: 0, rows: 0 }
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new UserError('usage', 'Interrupted. Nothing was saved.'))
  async function* counted(rows: AsyncIterable<Row[]>) {
    for await (const one of rows) {
      interruption.signal.throwIfAborted()
      count.epochs++
      count.rows += one.length
      yield one
    }
  }
  const reports: AsyncIterable<ReportJson> = reportsOf(history, range)
  // A signal would end the process and leave a part of the file, under another name.
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    await save(out, FORMATS[format](counted(rowsOf(reports, history))))
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
  return { file: out, format, ...count }
}

const exportText = ({ file, epochs, rows }: ExportJson): string => `Saved ${rows} rows of ${epochs} epochs in ${file}.`

async function save(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await writeWhole(file, content, { place: 'new' })
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'the file exists already' : message
    throw new UserError('usage', `Cannot write --out ${file}: ${reason}. Choose another file.`, { cause })
  }
}
