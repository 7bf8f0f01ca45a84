/** `tsx .ci/import-direction.ts` fails if an import runs against the layers, and names its file and line. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { violations } from './imports.js'

const TREES = ['proto', 'probe', 'verifier', 'market', 'contracts', 'testnet']

// All tracked and new files, except those that .gitignore names.
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...TREES], {
  encoding: 'utf8',
})
const paths = listed.split('\0').filter(path => /\.tsx?$/.test(path))
const sources = new Map<string, string>()
for (const path of paths) {
  try {
    sources.set(path, readFileSync(path, 'utf8'))
  } catch (error) {
    // The file is deleted, and the deletion is not committed yet.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

const found = violations(sources)
for (const line of found) console.error(line)
console.error(
  found.length === 0
    ? `import direction: ${sources.size} files in order`
    : `import direction: ${found.length} violations in ${sources.size} files`,
)
process.exitCode = found.length === 0 ? 0 : 1
