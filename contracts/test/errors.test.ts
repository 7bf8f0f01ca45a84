import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { repositoryRoot } from '../root.js'
import { seenErrors } from './support/evm.js'
// Imported so that their tests run before the one below, also when this file is run alone.
import './certificates.test.js'
import './old-chain.test.js'
import './provider-registry.test.js'
import './slashing-manager.test.js'
import './stake-vault.test.js'
import './verifier-registry.test.js'

describe('contracts: custom errors', () => {
  it('have each been seen by the tests before', () => {
    const sources = join(repositoryRoot(), 'contracts', 'src')
    const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.sol'))
      .flatMap(name => [...readFileSync(join(sources, name), 'utf8').matchAll(/^ {4}error (\w+)\(/gm)])
      .map(([, name]) => name!)
    expect(names).to.include('InvalidCertificate') // what is looked for is found
    expect([...new Set(names)].filter(name => !seenErrors.has(name))).to.deep.equal([])
  })
})
