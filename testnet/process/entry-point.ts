import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DIST = join(ROOT, 'dist')
/** What each build writes once its modules are compiled, and import their packages from the bundle. */
const LAST_BUILD = join(DIST, 'vendor', 'made-of.json')
/** The versions of the packages in the bundle. */
const LOCK = join(ROOT, 'package-lock.json')
const SOURCES = ['proto', 'probe', 'verifier', 'market', 'testnet', 'contracts']

/**
 * The command line that runs one of this package's modules as a process of its own. A compiled caller runs the compiled
 * module. A caller that runs from its TypeScript source (tests) runs the build, which starts three times faster, or, if a
 * source or a package has changed since it was built, the source through tsx.
 * @param base `import.meta.url` of the caller
 * @param module relative to the caller, with its `.js` ending
 */
export function entryPoint(base: string, module: string): string[] {
  const compiled = fileURLToPath(new URL(module, base))
  if (existsSync(compiled)) return [process.execPath, compiled]
  const built = join(DIST, relative(ROOT, compiled))
  if (isBuildCurrent() && existsSync(built)) return [process.execPath, built]
  const tsx = pathToFileURL(createRequire(base).resolve('tsx')).href
  return [process.execPath, '--import', tsx, compiled.replace(/\.js$/, '.ts')]
}

let isCurrent: boolean | undefined

function isBuildCurrent(): boolean {
  isCurrent ??= (statSync(LAST_BUILD, { throwIfNoEntry: false })?.mtimeMs ?? 0) > lastChangeMs()
  return isCurrent
}

const lastChangeMs = (): number =>
  Math.max(
    statSync(LOCK).mtimeMs,
    ...SOURCES.flatMap(folder =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter(file => file.endsWith('.ts') && !file.includes('test/'))
        .map(file => statSync(join(ROOT, folder, file)).mtimeMs),
    ),
  )
