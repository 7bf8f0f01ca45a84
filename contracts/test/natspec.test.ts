import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { repositoryRoot } from '../root.js'

interface Parameters {
  readonly parameters: readonly { readonly name: string }[]
}
/** The part of solc's syntax tree that this test reads. */
interface Definition {
  readonly nodeType: string
  readonly name: string
  readonly documentation?: { readonly text: string }
  readonly parameters?: Parameters
  readonly returnParameters?: Parameters
}
interface Output {
  readonly sources: Record<string, { readonly ast: { nodes: (Definition & { readonly nodes?: Definition[] })[] } }>
}

const DOCUMENTED = ['EventDefinition', 'ErrorDefinition', 'FunctionDefinition', 'StructDefinition']

/** Parses every interface; parsing alone is fast and needs no imports. */
function definitions(): Definition[] {
  const folder = join(repositoryRoot(), 'contracts', 'src', 'interfaces')
  const sources = readdirSync(folder).map(name => [name, { content: readFileSync(join(folder, name), 'utf8') }])
  const settings = { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } }
  const input = { language: 'Solidity', sources: Object.fromEntries(sources), settings }
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }
  const { sources: parsed } = JSON.parse(solc.compile(JSON.stringify(input))) as Output
  return Object.values(parsed)
    .flatMap(({ ast }) => ast.nodes)
    .flatMap(({ nodes = [] }) => nodes)
    .filter(({ nodeType }) => DOCUMENTED.includes(nodeType))
}

/** The tags that a definition must carry and does not. */
function missingTags({ documentation, parameters, returnParameters }: Definition): string[] {
  const text = documentation?.text ?? ''
  const params = parameters?.parameters.map(({ name }) => `@param ${name} `) ?? []
  const returns = returnParameters?.parameters ?? []
  const missing = ['@notice ', ...params].filter(tag => !text.includes(tag))
  return text.split('@return ').length - 1 === returns.length ? missing : [...missing, '@return']
}

describe('contracts: NatSpec', () => {
  it('describes every event, error, function and struct of the interfaces, with parameters and return values', () => {
    const all = definitions()
    expect(all.map(({ name }) => name)).to.include.members(['Posted', 'NotPostable', 'post', 'Header'])
    const undocumented = all.map(one => [one.name, ...missingTags(one)]).filter(([, ...missing]) => missing.length > 0)
    expect(undocumented).to.deep.equal([])
  })
})
