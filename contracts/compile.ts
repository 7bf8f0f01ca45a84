/** Compiles src/**.sol into build/<Contract>.json. Skips the work if sources, settings and compiler are unchanged. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InterfaceAbi } from 'ethers'
import type { Artifact } from './artifacts.js'
import { buildFolder, repositoryRoot } from './root.js'

const SETTINGS = {
  evmVersion: 'osaka', // the precompiles of EIP-2537, and MCOPY
  viaIR: true, // the legacy pipeline runs out of stack slots in `EpochReports.post`
  optimizer: { enabled: true, runs: 50_000 },
  metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
} as const

interface Output {
  errors?: { severity: string; formattedMessage: string; sourceLocation?: { file: string } }[]
  contracts?: Record<string, Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>
}
interface Solc {
  version(): string
  compile(input: string, callbacks: { import: (path: string) => { contents: string } | { error: string } }): string
}

const HASH_FILE = '.sources.sha256'

/** @returns the names of the compiled contracts; none if the build is up to date. @throws Error with solc's messages */
export function compile(): string[] {
  const root = repositoryRoot()
  const build = buildFolder()
  const sources = readSources(join(root, 'contracts', 'src'))
  const require = createRequire(join(root, 'package.json'))
  const hash = createHash('sha256')
    .update(
      JSON.stringify([SETTINGS, sources, versionOf(require, 'solc'), versionOf(require, '@openzeppelin/contracts')]),
    )
    .digest('hex')
  const hashFile = join(build, HASH_FILE)
  if (existsSync(hashFile) && readFileSync(hashFile, 'utf8') === hash) return []

  const artifacts = compileSources(sources)
  rmSync(hashFile, { force: true })
  mkdirSync(build, { recursive: true })
  for (const [name, artifact] of Object.entries(artifacts)) {
    writeAtomically(join(build, `${name}.json`), JSON.stringify(artifact))
  }
  writeAtomically(hashFile, hash)
  return Object.keys(artifacts).sort()
}

/**
 * @param sources Solidity by file name
 * @param change of solc's settings
 * @returns the contracts by name
 * @throws Error with solc's messages
 */
export function compileSources(sources: Readonly<Record<string, string>>, change = {}): Record<string, Artifact> {
  const require = createRequire(join(repositoryRoot(), 'package.json'))
  const solc = require('solc') as Solc // 8 MB of WebAssembly, so loaded only to compile
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: { ...SETTINGS, ...change },
  }
  const importFile = (path: string): { contents: string } | { error: string } => {
    try {
      return { contents: readFileSync(require.resolve(path), 'utf8') }
    } catch {
      return { error: `${path} is not installed. Run \`npm ci\`.` }
    }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: importFile })) as Output
  const problems = (output.errors ?? []).filter(
    e => e.severity === 'error' || (e.severity === 'warning' && (e.sourceLocation?.file ?? '') in sources),
  )
  if (problems.length > 0) throw new Error(problems.map(e => e.formattedMessage).join('\n'))
  const artifacts: Record<string, Artifact> = {}
  for (const [source, contracts] of Object.entries(output.contracts ?? {})) {
    if (!(source in sources)) continue
    for (const [name, { abi, evm }] of Object.entries(contracts)) {
      artifacts[name] = { abi, bytecode: `0x${evm.bytecode.object}` }
    }
  }
  return artifacts
}

/** Two processes may compile at once, so readers must never see half a file. */
function writeAtomically(file: string, content: string): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, content)
  renameSync(temporary, file)
}

function readSources(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.sol'))
  return Object.fromEntries(
    files.sort().map(name => [relative('.', name).split(sep).join('/'), readFileSync(join(folder, name), 'utf8')]),
  )
}

const versionOf = (require: NodeJS.Require, name: string): string =>
  (require(`${name}/package.json`) as { version: string }).version

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = compile()
  console.log(names.length === 0 ? 'contracts: up to date' : `contracts: compiled ${names.length}`)
}
