#!/usr/bin/env node
/** Wraps the npm package `solc` in the two compiler options that forge uses: --version and --standard-json. */
const solc = require('solc')

if (process.argv.includes('--version')) {
  console.log(
    `solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('.Emscripten.clang', '.Linux.g++')}`,
  )
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(require('node:fs').readFileSync(0, 'utf8')))
} else {
  console.error('solc-js: Unknown option. Use --version or --standard-json.')
  process.exitCode = 1
}
