/** Measures the pure core on networks of several sizes, each in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { NetworkSize } from './network.js'
import type { CoreRow } from './result.js'

export async function coreRows(sizes: readonly NetworkSize[], onRow: (row: CoreRow) => void): Promise<CoreRow[]> {
  const rows: CoreRow[] = []
  for (const size of sizes) {
    rows.push(await measured(size))
    onRow(rows.at(-1)!)
  }
  return rows
}

/** @throws Error if the process ended without a result, for lack of memory as well */
async function measured(size: NetworkSize): Promise<CoreRow> {
  const child = fork(CHILD, { execArgv: process.execArgv })
  const ended = once(child, 'exit')
  let row: CoreRow | undefined
  child.once('message', message => {
    row = message as CoreRow
  })
  child.send(size)
  const [code, signal] = await ended
  if (row === undefined) throw new Error(`The process for ${size.providers} providers ended with ${signal ?? code}.`)
  return row
}

const CHILD = fileURLToPath(new URL('./child-main.ts', import.meta.url))
