/** A process that writes reports and facts as fast as it can, and prints each epoch that is written. A test kills it. */
import { Store } from '../store.js'
import { longReport, posted } from './report-samples.js'
import { facts } from './samples.js'

const store = await Store.open(process.argv[2]!, { mode: 'existing' })
for (let epoch = 1; ; epoch++) {
  const report = longReport(epoch, 50)
  await store.putFacts(facts(epoch, `block ${epoch}`))
  await store.putReport(report)
  await store.putReport(posted(report))
  process.stdout.write(`${epoch}\n`)
}
