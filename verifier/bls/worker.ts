/** The checker's worker: checks one batch after the other. */
import '../../proto/polyfill.js'
import { parentPort } from 'node:worker_threads'
import { type Batch, unpacked, type Verdicted } from './batch.js'
import { BatchChecks } from './check.js'

const checks = new BatchChecks()
const main = parentPort!

main.on('message', (batch: Batch) => {
  const startMs = performance.now()
  const verdicts = checks.check(unpacked(batch))
  main.postMessage({ verdicts, ms: performance.now() - startMs } satisfies Verdicted)
})
