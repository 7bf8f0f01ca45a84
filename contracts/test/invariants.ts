/**
 * `npm run invariants`: 10⁵ random calls for each invariant of the contracts. With `--quick`, all tests that are written
 * in Solidity, with fewer calls: what the acceptance has time for.
 */
import { forgeTest } from './support/forge.js'

const isQuick = process.argv.includes('--quick')
const startMs = performance.now()
const { tests, stderr } = await (isQuick ? forgeTest('default') : forgeTest('long', ['--match-test', 'invariant']))
for (const { suite, test, calls, fault } of tests) {
  const done = calls === undefined ? '' : `: ${calls} calls`
  console.log(`${fault === undefined ? 'ok  ' : 'FAIL'} ${suite} ${test}${done}${fault ? `: ${fault}` : ''}`)
}
const failed = tests.filter(({ fault }) => fault !== undefined).length
if (tests.length === 0) console.log(stderr)
const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
console.log(`${tests.length - failed} of ${tests.length} ${isQuick ? 'tests' : 'invariants'} hold, ${seconds} s`)
process.exitCode = failed === 0 && tests.length > 0 ? 0 : 1
