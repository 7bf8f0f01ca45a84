/** Bundles packages into the build, one file for each that modules import, and chunks for what these share. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { type InputOptions, type OutputChunk, type Plugin, rolldown } from 'rolldown'
import { vendored } from './imports.js'

/** What a package asks for only if it is installed. */
const OPTIONAL = ['bufferutil', 'utf-8-validate']
const ENTRY = '\0entry:'
/** `bandwitness/client` imports these, and browsers run it: by themselves, they share no helper that needs Node.js. */
const IN_BROWSERS = ['zod']

/** Two thirds of zod are messages in some fifty languages, and nobody sets another than the first. */
const oneLanguage: Plugin = {
  name: 'one language',
  load: {
    filter: { id: /\/zod\/v4\/locales\/index\.js$/ },
    handler: () => "export { default as en } from './en.js'",
  },
}

/** Specifier → names of its exports. */
type Wanted = Readonly<Record<string, readonly string[]>>

/**
 * @param root of the repository. @param dist folder of the build
 * @returns the written files, from the build's root
 */
export async function bundle(root: string, dist: string, wanted: Wanted, kept: readonly string[]): Promise<string[]> {
  const part = (inBrowsers: boolean): Wanted =>
    Object.fromEntries(Object.entries(wanted).filter(([name]) => IN_BROWSERS.includes(name) === inBrowsers))
  const chunks = [
    ...(await bundlePart(root, dist, part(false), { platform: 'node', external: [...kept, ...OPTIONAL] })),
    ...(await bundlePart(root, dist, part(true), { platform: 'neutral' })),
  ]
  const licenses = 'vendor/LICENSES.txt'
  mkdirSync(join(dist, 'vendor'), { recursive: true })
  writeFileSync(join(dist, licenses), licensesOf(chunks))
  return [...chunks.map(chunk => chunk.fileName), licenses]
}

async function bundlePart(
  root: string,
  dist: string,
  wanted: Wanted,
  options: Pick<InputOptions, 'platform' | 'external'>,
): Promise<OutputChunk[]> {
  const entries: Plugin = {
    name: 'entries',
    resolveId(id, importer) {
      if (id.startsWith(ENTRY)) return id
      // Its own importer is no file beside which packages could be.
      return importer?.startsWith(ENTRY) ? this.resolve(id, join(root, 'package.json')) : undefined
    },
    load(id) {
      if (!id.startsWith(ENTRY)) return undefined
      const specifier = id.slice(ENTRY.length)
      return `export { ${wanted[specifier]!.join(', ')} } from ${JSON.stringify(specifier)}`
    },
  }
  const build = await rolldown({
    ...options,
    cwd: root,
    input: Object.fromEntries(
      Object.keys(wanted).map(specifier => [vendored(specifier).replace(/\.js$/, ''), `${ENTRY}${specifier}`]),
    ),
    plugins: [entries, oneLanguage],
  })
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'vendor/chunks/[name].js',
    // Whoever reads a stack trace sees the package's own lines; their licences are in one file.
    comments: { legal: true, annotation: true, jsdoc: false },
  })
  await build.close()
  return output.filter(file => file.type === 'chunk')
}

/** @throws Error for a package without a licence, which nobody may pass on */
function licensesOf(chunks: readonly OutputChunk[]): string {
  const folders = chunks.flatMap(chunk => chunk.moduleIds).flatMap(id => packageFolder(id) ?? [])
  const texts = [...new Set(folders)].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder).filter(file => /^(licen[cs]e|notice|copying)/i.test(file))
    if (!license && files.length === 0) throw new Error(`${name} ${version} has no licence`)
    const text = files.sort().map(file => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version}: ${license}`, ...text].join('\n\n')
  })
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

const packageFolder = (id: string): string | undefined =>
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll(sep, '/'))?.[0]
