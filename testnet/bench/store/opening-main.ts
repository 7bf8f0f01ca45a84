/**
 * A process of its own, so that its memory is that of one node's store: opens the store, reads what a node reads before it
 * takes part, and then writes and prunes some epochs more.
 */
import '../../../proto/polyfill.js'
import { Store } from '../../../verifier/store/store.js'
import { EpochWriter, type Network } from './epoch.js'
import type { Opening } from './result.js'

export interface OpeningPlan {
  readonly dataDir: string
  readonly network: Network
  /** the newest of the store */
  readonly newest: number
  /** to write */
  readonly more: number
}

process.once('message', async ({ dataDir, network, newest, more }: OpeningPlan) => {
  const beginMs = performance.now()
  const store = await Store.open(dataDir, { mode: 'existing' })
  await store.chainLog.readLog()
  const last = await store.lastPosted()
  const facts = await store.latestFacts()
  const [report] = await Promise.all([
    store.getReport(last!.headerHash),
    store.getFacts(facts!.epoch, facts!.blockHash),
    store.evidence(),
  ])
  const startMs = performance.now() - beginMs
  if (report?.header.epoch !== newest) throw new Error(`The store's last report is not of epoch ${newest}.`)
  const writer = new EpochWriter(network, store)
  for (let epoch = newest + 1; epoch <= newest + more; epoch++) {
    await writer.write(epoch)
    await store.prune(epoch - newest)
  }
  await store.close()
  const opening: Opening = { startMs, memoryMb: process.resourceUsage().maxRSS / 1000 }
  process.send!(opening, () => process.disconnect())
})
