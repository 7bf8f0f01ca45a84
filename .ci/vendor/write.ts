/**
 * `tsx .ci/vendor/write.ts` bundles the packages that the build imports into `dist/vendor`, and makes the build import
 * those: a process starts sooner if it need not find and read some thousand small files. See ADR 0046.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { bundle } from './bundle.js'
import { KEPT, packageImports, VENDOR, wantedOf, withVendored } from './imports.js'

const ROOT = join(import.meta.dirname, '../..')
const DIST = join(ROOT, 'dist')
/** What the bundle is made of: the packages in their versions, the names, and how. Written by each build, as its last word. */
const MADE_OF = join(DIST, VENDOR, 'made-of.json')
const INPUTS = ['package-lock.json', '.ci/vendor/bundle.ts', '.ci/vendor/imports.ts']

const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }
const bundled = new Set(Object.keys(dependencies).filter(name => !KEPT.includes(name)))

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path => path.replaceAll(sep, '/'))
const modules = filesOf(DIST)
  .filter(path => path.endsWith('.js') && !path.startsWith(`${VENDOR}/`) && !path.startsWith('verifier/page/'))
  .map(path => {
    const text = readFileSync(join(DIST, path), 'utf8')
    return { path, text, imports: packageImports(path, text, bundled) }
  })

const wanted = wantedOf(modules.flatMap(({ imports }) => imports))
const hash = createHash('sha256')
for (const path of INPUTS) hash.update(readFileSync(join(ROOT, path)))
const madeOf = JSON.stringify({ inputs: hash.digest('hex'), wanted }, undefined, 1)

if (madeOf !== lastMadeOf()) {
  const written = await bundle(ROOT, DIST, wanted, KEPT)
  const stale = filesOf(join(DIST, VENDOR)).filter(
    path => /\.\w+$/.test(path) && !written.includes(`${VENDOR}/${path}`),
  )
  for (const path of stale) rmSync(join(DIST, VENDOR, path), { recursive: true })
  console.error(`vendor: ${written.length} files`)
}
for (const { path, text, imports } of modules) {
  const changed = withVendored(path, text, imports)
  if (changed !== text) writeFileSync(join(DIST, path), changed)
}
writeFileSync(MADE_OF, madeOf)

function lastMadeOf(): string | undefined {
  try {
    return readFileSync(MADE_OF, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
