/** Fills a store with epochs, and has another process open it. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Store } from '../../../verifier/store/store.js'
import { inChild } from '../in-child.js'
import { EpochWriter, type Network, type SignedBytes } from './epoch.js'
import type { OpeningPlan } from './opening-main.js'
import { type Opening, type StoreResult, verdictOf } from './result.js'

const PROGRESS_EPOCHS = 100
/** Epochs that the second process writes and prunes. */
const MORE_EPOCHS = 10

export async function runStore(network: Network, epochs: number, say: (line: string) => void): Promise<StoreResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bandwitness-bench-store-'))
  try {
    const { signed, writeMs } = await fill(dataDir, network, epochs, say)
    const diskBytes = await bytesIn(dataDir)
    const opening = await inChild<OpeningPlan, Opening>(import.meta.url, './opening-main.js', {
      dataDir,
      network,
      newest: epochs,
      more: MORE_EPOCHS,
    })
    const found = { signed, diskBytes, opening }
    return { bench: 'store', network, epochs, writeMs, ...found, verdict: verdictOf(found) }
  } finally {
    await rm(dataDir, { recursive: true })
  }
}

async function fill(dataDir: string, network: Network, epochs: number, say: (line: string) => void) {
  const store = await Store.open(dataDir, { mode: 'create' })
  const writer = new EpochWriter(network, store)
  const signed = { votes: 0, messages: 0, leaves: 0 }
  const beginMs = performance.now()
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const one = await writer.write(epoch)
    for (const kind of Object.keys(signed) as (keyof SignedBytes)[]) signed[kind] += one[kind]
    if (epoch % PROGRESS_EPOCHS === 0) say(`${epoch} epochs: ${Math.round((await bytesIn(dataDir)) / 1e6)} MB`)
  }
  const writeMs = performance.now() - beginMs
  await store.close()
  return { signed, writeMs }
}

async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile())
  // The database may delete a file meanwhile.
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) => stat(join(parentPath, name)).catch(() => undefined)),
  )
  return sizes.reduce((sum, one) => sum + (one?.size ?? 0), 0)
}
