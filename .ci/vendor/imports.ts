/** What compiled modules import from packages, and how their imports change to the bundled copies. Without a disk. */
import { posix } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** Folder of the bundled packages within the build. */
export const VENDOR = 'vendor'

/**
 * Packages that stay where npm puts them: they load native code from beside their files (bls, blst, anvil, level), or read
 * files of their own (the worker of piscina; the translations of yargs, which also looks for this package from there).
 */
export const KEPT: readonly string[] = [
  '@chainsafe/bls',
  '@chainsafe/blst',
  '@foundry-rs/anvil',
  'level',
  'piscina',
  'yargs',
]

/** An import of a package by a compiled module, from the package itself or from its bundled copy. */
export interface PackageImport {
  readonly specifier: string
  /** of its exports; `default` is one of them */
  readonly names: readonly string[]
  /** of the specifier in the module's text, with its quotes */
  readonly start: number
  readonly end: number
}

export const packageOf = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0]

/** Path of the bundled copy from the build's root. `specifierOf` reads it back. */
export const vendored = (specifier: string): string =>
  posix.join(VENDOR, specifier.endsWith('.js') ? specifier : `${specifier}/index.js`)

const specifierOf = (path: string): string => path.slice(VENDOR.length + 1).replace(/\/index\.js$/, '')

/**
 * @param path of the module from the build's root. @param bundled names of packages
 * @throws Error for an import or export of all that a package has, of which the bundle could leave nothing out
 */
export function packageImports(path: string, text: string, bundled: ReadonlySet<string>): PackageImport[] {
  const { staticImports, staticExports } = parseSync(path, text).module
  const specifierAt = (request: string): string | undefined => {
    const target = posix.join(posix.dirname(path), request)
    const specifier = request.startsWith('.') ? target.startsWith(`${VENDOR}/`) && specifierOf(target) : request
    return specifier && bundled.has(packageOf(specifier)) ? specifier : undefined
  }
  const exported = staticExports.flatMap(({ entries }) => entries.map(entry => entry.moduleRequest?.value ?? './'))
  const found = exported.find(request => specifierAt(request))
  if (found) throw new Error(`${path} exports what ${found} has. Import it, then export it.`)

  return staticImports.flatMap(({ moduleRequest, entries }) => {
    const specifier = specifierAt(moduleRequest.value)
    if (!specifier) return []
    const names = entries.map(({ importName }) => (importName.kind === 'Default' ? 'default' : importName.name))
    if (!names.every(name => name != null)) throw new Error(`${path} imports all of ${specifier}. Import its names.`)
    return [{ specifier, names, start: moduleRequest.start, end: moduleRequest.end }]
  })
}

/** The module's text with each import from the bundled copy. It has the same lines. */
export function withVendored(path: string, text: string, imports: readonly PackageImport[]): string {
  let changed = text
  for (const { specifier, start, end } of imports.toReversed()) {
    const target = posix.relative(posix.dirname(path), vendored(specifier))
    changed = `${changed.slice(0, start)}'${target.startsWith('.') ? target : `./${target}`}'${changed.slice(end)}`
  }
  return changed
}

/** Each specifier with all the names that modules import from it, in order. */
export function wantedOf(imports: readonly PackageImport[]): Record<string, string[]> {
  const wanted: Record<string, string[]> = {}
  for (const specifier of [...new Set(imports.map(each => each.specifier))].sort()) {
    const names = imports.filter(each => each.specifier === specifier).flatMap(each => each.names)
    wanted[specifier] = [...new Set(names)].sort()
  }
  return wanted
}
