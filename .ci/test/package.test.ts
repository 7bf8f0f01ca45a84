/** What `npm pack` puts into the package, compared with what runs: see `files` and `exports` in package.json. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, posix } from 'node:path'
import { expect } from 'chai'
import { importsOf } from '../imports.js'
import { KEPT, packageImports, packageOf } from '../vendor/imports.js'

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
/** What a browser loads from a verifier. */
const PAGE = 'dist/verifier/page/files/'
/** The packages that the modules import, bundled. */
const VENDOR = 'dist/vendor/'
const ALWAYS = ['LICENSE', 'README.md', 'package.json']
/** `entryPoint(import.meta.url, './x-main.js')`, and `new URL('./entry.js', import.meta.url)`. */
const STARTED = /(?:entryPoint\(import\.meta\.url,\s*|new URL\()'(\.[^']+\.js)'/g
/** `workerFile(import.meta.url, 'worker')`: the module beside it. */
const WORKER = /workerFile\(import\.meta\.url,\s*'([^']+)'/g

/** Paths from the repository's root. The build has run: no script runs again. */
function packed(): string[] {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' })
  const [{ files }] = JSON.parse(json) as [{ readonly files: readonly { readonly path: string }[] }]
  return files.map(({ path }) => path)
}

/** Every module that the roots import, load or start, for its types or for more; and the packages that run with them. */
function reached(roots: readonly string[]): { readonly modules: Set<string>; readonly packages: Set<string> } {
  const [modules, packages] = [new Set(roots), new Set<string>()]
  for (const module of modules) {
    const source = readFileSync(module.replace(/^dist\/(.*)\.js$/, '$1.ts'), 'utf8')
    const paths = [...source.matchAll(STARTED)].map(match => match[1]!)
    const workers = [...source.matchAll(WORKER)].map(match => `./${match[1]}.js`)
    const started = [...paths, ...workers].map(specifier => ({ specifier, typeOnly: false }))
    for (const { specifier, typeOnly } of [...importsOf(source), ...started]) {
      if (specifier.startsWith('.')) modules.add(posix.join(posix.dirname(module), specifier))
      else if (!typeOnly && !specifier.startsWith('node:')) packages.add(packageOf(specifier))
    }
  }
  return { modules, packages }
}

describe('the package', () => {
  let files: string[]
  let modules: Set<string>
  let packages: Set<string>

  before(() => {
    files = packed()
    const entries = Object.values(manifest.exports)
      .map(entry => (typeof entry === 'string' ? entry : entry.default))
      .filter(path => path.endsWith('.js'))
    const roots = [...Object.values(manifest.bin), ...entries].map(path => posix.normalize(path))
    ;({ modules, packages } = reached(roots))
  })

  it('holds every module that runs, and none that only develops it', () => {
    const own = files.filter(path => ![PAGE, VENDOR].some(folder => path.startsWith(folder)))
    const scripts = own.filter(path => path.startsWith('dist/') && path.endsWith('.js'))
    expect([...modules].filter(path => !scripts.includes(path))).to.deep.equal([], 'missing')
    expect(scripts.filter(path => !modules.has(path))).to.deep.equal([], 'needless')
  })

  it('holds the compiled contracts, the messages and the types, and nothing else', () => {
    const artifacts = readdirSync('contracts/build').filter(name => name.endsWith('.json'))
    const messages = readdirSync('proto/messages').filter(name => name.endsWith('.proto'))
    const wanted = [
      ...ALWAYS,
      ...artifacts.map(name => `contracts/build/${name}`),
      ...messages.map(name => `dist/proto/messages/${name}`),
      ...[...modules].flatMap(path => [path, path.replace(/\.js$/, '.d.ts')]),
    ]
    expect(artifacts.map(name => basename(name, '.json'))).to.include.members(['EpochReports', 'StakeVault'])
    const own = files.filter(path => !['node_modules/', PAGE, VENDOR].some(folder => path.startsWith(folder)))
    expect(own.filter(path => !wanted.includes(path))).to.deep.equal([], 'needless')
    expect(wanted.filter(path => !files.includes(path))).to.deep.equal([], 'missing')
  })

  it('holds the built page', () => {
    expect(files).to.include(`${PAGE}index.html`)
  })

  it('holds a page without WebAssembly, which its policy forbids', () => {
    const scripts = files.filter(path => path.startsWith(PAGE) && path.endsWith('.js'))
    expect(scripts).not.to.deep.equal([])
    for (const path of scripts) expect(readFileSync(path, 'utf8'), path).not.to.contain('WebAssembly')
  })

  /** Its wish for an older @chainsafe/blst lets no install of a package succeed that names the newer one: only a root may override it. */
  it('brings along the package that no installer could place', () => {
    expect(files).to.include('node_modules/@chainsafe/bls/package.json')
  })

  /** Two copies of a package in one process would have two classes of one name, and state that only one of them sees. */
  it('imports each bundled package from the bundle alone, and the bundle holds all that it imports', () => {
    const bundled = new Set(Object.keys(manifest.dependencies).filter(name => !KEPT.includes(name)))
    const scripts = [...modules, ...files.filter(path => path.startsWith(VENDOR) && path.endsWith('.js'))]
    const requests = scripts.flatMap(path =>
      importsOf(readFileSync(path, 'utf8')).map(({ specifier }) => ({ path, specifier })),
    )
    const relative = requests.filter(({ specifier }) => specifier.startsWith('.'))
    const missing = relative.filter(
      ({ path, specifier }) => !files.includes(posix.join(posix.dirname(path), specifier)),
    )
    expect(missing).to.deep.equal([])
    const imports = [...modules].flatMap(path =>
      packageImports(path.slice('dist/'.length), readFileSync(path, 'utf8'), bundled),
    )
    const held = imports.map(({ specifier }) => packageOf(specifier))
    expect(held).to.include.members(['ethers', 'libp2p', 'zod'])
    expect(requests.filter(({ specifier }) => held.includes(packageOf(specifier)))).to.deep.equal([], 'second copies')
  })

  it('asks a browser that runs the client for nothing of Node.js', () => {
    const loaded = new Set(['dist/verifier/client/index.js'])
    const others = new Set<string>()
    for (const path of loaded)
      for (const { specifier } of importsOf(readFileSync(path, 'utf8'))) {
        if (specifier.startsWith('.')) loaded.add(posix.join(posix.dirname(path), specifier))
        else others.add(specifier)
      }
    expect([...loaded]).to.include(`${VENDOR}zod/index.js`)
    expect([...others]).to.deep.equal([])
  })

  it('names the licences of the packages in the bundle', () => {
    expect(files).to.include(`${VENDOR}LICENSES.txt`)
    expect(readFileSync(`${VENDOR}LICENSES.txt`, 'utf8')).to.match(/^libp2p \S+: .*MIT/m)
  })

  it('depends on every package that it imports, so that an install brings them', () => {
    const brought = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    expect([...packages].filter(name => !brought.includes(name))).to.deep.equal([])
  })
})
