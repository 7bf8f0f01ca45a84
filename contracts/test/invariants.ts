/** `npm run invariants`: 10⁵ random calls for each invariant of the contracts, more than the tests have time for. */
import { forgeTest } from './support/forge.js'

const startMs = performance.now()
const { tests, stderr } = await forgeTest('long', ['--match-test', 'invariant'])
for (const { suite, test, calls, fault } of tests) {
  console.log(`${fault === undefined ? 'ok  ' : 'FAIL'} ${suite} ${test}: ${calls} calls${fault ? `: ${fault}` : ''}`)
}
const failed = tests.filter(({ fault }) => fault !== undefined).length
if (tests.length === 0) console.log(stderr)
const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
console.log(`${tests.length - failed} of ${tests.length} invariants hold, ${seconds} s`)
process.exitCode = failed === 0 && tests.length > 0 ? 0 : 1
