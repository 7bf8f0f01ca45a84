/** `tsx .ci/import-direction.ts`: fails, naming file and line, when an import runs against the layers. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { violations } from './imports.js'

const TREES = ['proto', 'probe', 'verifier', 'market', 'contracts', 'testnet']

// Tracked and new files alike, without what .gitignore names.
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...TREES], {
  encoding: 'utf8',
})
const paths = listed.split('\0').filter(path => path.endsWith('.ts'))
const sources = new Map<string, string>()
for (const path of paths) {
  try {
    sources.set(path, readFileSync(path, 'utf8'))
  } catch (error) {
    // Deleted, and the deletion is not committed yet.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

const found = violations(sources)
for (const line of found) console.error(line)
console.error(
  found.length === 0
    ? `import direction: ${sources.size} files in order`
    : `import direction: ${found.length} wrong in ${sources.size} files`,
)
process.exitCode = found.length === 0 ? 0 : 1
