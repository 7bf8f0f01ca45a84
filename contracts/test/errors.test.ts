import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { repositoryRoot } from '../root.js'
import { seenErrors } from './support/evm.js'
// These imports make the tests of the contracts run before the test below, even if mocha runs this file alone.
import './announcements.test.js'
import './certificates.test.js'
import './decoys.test.js'
import './equivocating-certificates.test.js'
import './equivocation-forgery.test.js'
import './equivocation.test.js'
import './frozen-sets.test.js'
import './headers.test.js'
import './lanes-paid.test.js'
import './lanes-tokens.test.js'
import './lanes.test.js'
import './offers.test.js'
import './old-chain.test.js'
import './provider-registry.test.js'
import './rewards-distributor.test.js'
import './refute.test.js'
import './settle-batch.test.js'
import './signers.test.js'
import './set-attacks.test.js'
import './slashing-manager.test.js'
import './stake-tokens.test.js'
import './stake-vault.test.js'
import './transfer-escrow.test.js'
import './transfer-premium.test.js'
import './verifier-registry.test.js'
import './weekly-limit.test.js'
import './withdrawal-address.test.js'

describe('contracts: custom errors', () => {
  it('have all been thrown by the tests before', () => {
    const sources = join(repositoryRoot(), 'contracts', 'src')
    const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.sol'))
      .flatMap(name => [...readFileSync(join(sources, name), 'utf8').matchAll(/^ {4}error (\w+)\(/gm)])
      .map(([, name]) => name!)
    expect(names).to.include('InvalidCertificate') // the pattern matches
    expect([...new Set(names)].filter(name => !seenErrors.has(name))).to.deep.equal([])
  })
})
