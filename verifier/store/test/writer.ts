/** A process that records as fast as it can, and prints each slot that is on disk. A test kills this process. */
import { keccakText } from '../../../proto/hash.js'
import { Store } from '../store.js'

const store = await Store.open(process.argv[2]!, { mode: 'existing' })
for (let i = 0; ; i++) {
  await store.recordSigned(`report/${i}/0`, keccakText(String(i)))
  process.stdout.write(`${i}\n`)
}
