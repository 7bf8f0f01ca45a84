import { execFile } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { platformBinary } from '../../testnet/network/anvil.js'
import { repositoryRoot } from '../root.js'

interface Suite {
  readonly test_results: Record<
    string,
    { readonly status: string; readonly reason: string | null; readonly counterexample: unknown }
  >
}

/** Compilation takes most of this time. Forge skips it if no source changed. */
const TIMEOUT_MS = 300_000

describe('contracts: fuzz and invariant tests', () => {
  it('pass in every run that forge makes', async function () {
    this.timeout(TIMEOUT_MS)
    const root = repositoryRoot()
    const running = promisify(execFile)(
      platformBinary('forge'),
      ['test', '--root', root, '--use', join(root, 'contracts/test/forge/solc-js.cjs'), '--json', '--allow-failure'],
      { env: { ...process.env, FOUNDRY_CONFIG: join(root, 'contracts/foundry.toml') }, maxBuffer: 64 * 1024 * 1024 },
    )
    // forge takes all processors. Tests that run beside this one send data in real time.
    setPriority(running.child.pid!, constants.priority.PRIORITY_LOW)
    const { stdout, stderr } = await running
    const suites = Object.entries(JSON.parse(stdout) as Record<string, Suite>)
    const failed = suites.flatMap(([suite, { test_results }]) =>
      Object.entries(test_results)
        .filter(([, { status }]) => status !== 'Success')
        .map(([test, { reason, counterexample }]) => `${suite} ${test}: ${reason} ${JSON.stringify(counterexample)}`),
    )
    expect(failed, `contracts/foundry.toml sets the seed and the number of runs; ${stderr}`).to.deep.equal([])
    expect(suites.map(([name]) => name.split(':')[1]).sort()).to.deep.equal([
      'BaseFieldTest',
      'CertificatesTest',
      'InvariantsTest',
      'MultiProofTest',
      'SetAttacksTest',
      'SettlementsTest',
      'VaultInvariantsTest',
      'VectorsTest',
      'VerifierSetsTest',
    ])
  })
})
