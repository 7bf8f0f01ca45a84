import { expect } from 'chai'
import { forgeTest } from './support/forge.js'

/** Compilation takes most of this time. Forge skips it if no source changed. */
const TIMEOUT_MS = 300_000

describe('contracts: fuzz and invariant tests', () => {
  it('pass in every run that forge makes', async function () {
    this.timeout(TIMEOUT_MS)
    const { tests, stderr } = await forgeTest('default')
    const failed = tests.flatMap(({ suite, test, fault }) => (fault === undefined ? [] : `${suite} ${test}: ${fault}`))
    expect(failed, `contracts/foundry.toml sets the seed and the number of runs; ${stderr}`).to.deep.equal([])
    expect([...new Set(tests.map(({ suite }) => suite))].sort()).to.deep.equal([
      'BaseFieldTest',
      'CertificatesTest',
      'InvariantsTest',
      'MultiProofTest',
      'RewardsInvariantsTest',
      'SetAttacksTest',
      'SettlementsTest',
      'VaultInvariantsTest',
      'VectorsTest',
      'VerifierSetsTest',
    ])
  })
})
