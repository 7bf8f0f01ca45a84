/** Reads the imports of TypeScript files and compares them with the layers. This module never touches a disk. */
import { posix } from 'node:path'
import { LAZY, type Layer, layerOf, TOP_FILES } from './layers.js'

export interface Import {
  readonly specifier: string
  /** the compiler removes the import */
  readonly typeOnly: boolean
  readonly dynamic: boolean
  readonly line: number
}

/** Path from the repository's root → source text. */
export type Sources = ReadonlyMap<string, string>

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g
const ALL_TYPES = /\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}/

export function importsOf(source: string): Import[] {
  const line = (index: number) => source.slice(0, index).split('\n').length
  const code = withoutComments(source)
  return [
    ...[...code.matchAll(STATEMENT)].map(match => ({
      specifier: match[2]!,
      typeOnly: match[1] !== undefined || ALL_TYPES.test(match[0]),
      dynamic: false,
      line: line(match.index + match[0].length - 1),
    })),
    ...[...code.matchAll(DYNAMIC)].map(match => ({
      specifier: match[1]!,
      typeOnly: false,
      dynamic: true,
      line: line(match.index),
    })),
  ]
}

/** The source with spaces in place of comments, so that line numbers stay the same. */
const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, text => text.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, text => ' '.repeat(text.length))

/** Path of the imported `.ts` or `.tsx` file from the repository's root; undefined for a package. */
export function resolveImport(from: string, specifier: string, sources?: Sources): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.normalize(posix.join(posix.dirname(from), specifier))
  const jsx = path.replace(/\.js$/, '.tsx')
  return sources?.has(jsx) ? jsx : path.replace(/\.js$/, '.ts')
}

const isTest = (path: string): boolean => /(^|\/)test\//.test(path)

/** Names that give access to a clock, randomness or IO. `verifier/core` must get these from its caller. */
const IMPURE =
  /\bDate\b|\bMath\.random\b|\bperformance\b|\bprocess\b|\bset(?:Timeout|Interval|Immediate)\b|\bfetch\(|\bconsole\b|\bBuffer\b|\bglobalThis\b|\bcrypto\b/g

/** One line for each violation: `file:line: message`. */
export function violations(sources: Sources): string[] {
  const found: string[] = []
  for (const [path, source] of sources) {
    const layer = layerOf(path)
    if (!layer) found.push(`${path}:1: the file belongs to no layer; add one in .ci/layers.ts`)
    else if (!isTest(path)) found.push(...importViolations(path, source, layer))
    if (layer?.name.startsWith('core') && !isTest(path))
      found.push(...impurities(path, source), ...reaches(path, sources))
  }
  return [...found, ...strays(sources), ...circles(sources)].sort()
}

/** Files that lie directly in a folder whose direct files are limited. */
const strays = (sources: Sources): string[] =>
  Object.entries(TOP_FILES).flatMap(([folder, files]) =>
    [...sources.keys()]
      .filter(path => posix.dirname(path) === folder && !files.includes(posix.basename(path)))
      .map(path => `${path}:1: ${folder}/ holds only ${files.join(', ')} directly; move the file into a folder`),
  )

/** Each circle of imports once. Type imports count too, because files that need each other are one subject. */
function circles(sources: Sources): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path)
    if (at >= 0) found.push(`${path}:1: a circle of files: ${[...way.slice(at), path].join(' → ')}`)
    if (at >= 0 || done.has(path)) return
    for (const { specifier } of importsOf(sources.get(path) ?? '')) {
      const target = resolveImport(path, specifier, sources)
      if (target !== undefined && sources.has(target)) visit(target, [...way, path])
    }
    done.add(path)
  }
  for (const path of sources.keys()) visit(path, [])
  return found
}

/** Rules for files outside tests. Tests may import anything: they compare with other libraries and start chains. */
function importViolations(path: string, source: string, layer: Layer): string[] {
  return importsOf(source).flatMap(({ specifier, dynamic, line }) => {
    const target = resolveImport(path, specifier)
    if (target === undefined) {
      const allowed = layer.packages.some(pattern => pattern.test(specifier))
      return allowed ? [] : [`${path}:${line}: ${layer.name} must not import the package ${specifier}`]
    }
    if (isTest(target)) return [`${path}:${line}: must not import the test file ${target}`]
    const other = layerOf(target)?.name
    if (other === layer.name || (other !== undefined && layer.imports.includes(other))) return []
    if (dynamic && path === LAZY.from && other !== undefined && LAZY.to.includes(other)) return []
    return [`${path}:${line}: ${layer.name} must not import ${other ?? 'anything outside the layers'} (${target})`]
  })
}

function impurities(path: string, source: string): string[] {
  const code = withoutComments(source).replace(/'[^'\n]*'/g, text => ' '.repeat(text.length))
  return [...code.matchAll(IMPURE)].map(
    match => `${path}:${code.slice(0, match.index).split('\n').length}: core is pure; it must not use ${match[0]}`,
  )
}

/** Packages that a file of core reaches through files of proto or probe. Type imports reach nothing at run time. */
function reaches(path: string, sources: Sources): string[] {
  const seen = new Set([path])
  const queue = [path]
  const found: string[] = []
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const { specifier, typeOnly } of importsOf(sources.get(at) ?? '')) {
      if (typeOnly) continue
      const target = resolveImport(at, specifier)
      if (target === undefined && at !== path && !/^@noble\/hashes/.test(specifier)) {
        found.push(`${path}:1: core is pure; it must not reach ${specifier} through ${at}`)
      }
      if (target !== undefined && !seen.has(target)) {
        seen.add(target)
        queue.push(target)
      }
    }
  }
  return found
}
