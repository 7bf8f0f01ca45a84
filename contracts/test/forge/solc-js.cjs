#!/usr/bin/env node
/** The npm package `solc` behind the two options that forge asks a compiler for: --version and --standard-json. */
const solc = require('solc')

if (process.argv.includes('--version')) {
  console.log(
    `solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('.Emscripten.clang', '.Linux.g++')}`,
  )
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(require('node:fs').readFileSync(0, 'utf8')))
} else {
  console.error('solc-js: only --version and --standard-json are known')
  process.exitCode = 1
}
