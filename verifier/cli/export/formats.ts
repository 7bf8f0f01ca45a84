/** The forms of an export, written while the rows come: an export may be larger than the memory. */
import { COLUMNS, type Row } from './row.js'

export type Encode = (rows: AsyncIterable<readonly Row[]>) => AsyncIterable<Uint8Array>

/** Rows in one group of a Parquet file: a reader skips groups that it does not need. */
const GROUP_ROWS = 50_000

async function* jsonLines(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Uint8Array> {
  for await (const rows of batches) yield Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
}

async function* parquet(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer') // no other command needs it
  const writer = new ByteWriter()
  const file = new ParquetWriter({ writer, schema: SCHEMA, createdBy: 'bandwitness' })
  const taken = (): Uint8Array => {
    const bytes = writer.getBytes().slice()
    writer.index = 0
    return bytes
  }
  for await (const rows of grouped(batches)) {
    await file.write({ columnData: columnsOf(rows), rowGroupSize: GROUP_ROWS })
    yield taken()
  }
  await file.finish()
  yield taken()
}

const SCHEMA = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.map(({ name, type, nullable }) => ({
    name,
    repetition_type: nullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
    ...(type === 'STRING' ? { type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const } : { type }),
  })),
]

const columnsOf = (rows: readonly Row[]) =>
  COLUMNS.map(({ name, type }) => ({
    name,
    data: rows.map(row => {
      const value = row[name]
      return type === 'INT64' && typeof value === 'number' ? BigInt(value) : value
    }),
  }))

/** As many rows as a group takes at once, and the rest. */
async function* grouped(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Row[]> {
  let waiting: Row[] = []
  for await (const rows of batches) {
    waiting.push(...rows)
    while (waiting.length >= GROUP_ROWS) {
      yield waiting.slice(0, GROUP_ROWS)
      waiting = waiting.slice(GROUP_ROWS)
    }
  }
  if (waiting.length > 0) yield waiting
}

export const FORMATS = { jsonl: jsonLines, parquet } as const satisfies Record<string, Encode>
