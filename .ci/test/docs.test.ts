import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { EXIT_CODE } from '../../verifier/config/errors.js'

const listed = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns], {
    encoding: 'utf8',
  })
    .split('\0')
    .filter(path => path !== '' && existsSync(path))

const read = (path: string): string => readFileSync(path, 'utf8')

describe('documentation', () => {
  it('links to files that exist', () => {
    const broken = listed('*.md').flatMap(page =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .map(match => match[1]!)
        .filter(target => !existsSync(join(dirname(page), target)))
        .map(target => `${page}: ${target}`),
    )
    expect(broken).to.deep.equal([])
  })

  it('names every custom error of the contracts, and no error that does not exist', () => {
    const inCode = listed('contracts/src/**/*.sol').flatMap(file =>
      [...read(file).matchAll(/^\s*error (\w+)\(/gm)].map(match => match[1]!),
    )
    const tables = read('docs/contracts.md')
      .split('\n')
      .filter(line => line.startsWith('| `'))
    const inDocs = tables.flatMap(line => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map(match => match[1]!))
    expect([...new Set(inDocs)].sort()).to.deep.equal([...new Set(inCode)].sort())
  })

  it('describes every exit code', () => {
    const rows = read('docs/guides/exit-codes.md')
      .split('\n')
      .flatMap(line => /^\| (\d+) \|/.exec(line)?.slice(1) ?? [])
    expect(rows.map(Number)).to.deep.equal([0, ...Object.values(EXIT_CODE)])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = listed('*.md').flatMap(page =>
      [...read(page).matchAll(/npm run (?:-s )?([a-z]\w*)/g)].map(match => match[1]!),
    )
    expect(named.filter(name => !(name in scripts))).to.deep.equal([])
  })
})
