/** Runs the tests that are written in Solidity. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { platformBinary } from '../../../testnet/network/anvil.js'
import { repositoryRoot } from '../../root.js'

interface Suite {
  readonly test_results: Record<
    string,
    {
      readonly status: string
      readonly reason: string | null
      readonly counterexample: unknown
      readonly kind: { readonly Invariant?: { readonly calls: number } }
    }
  >
}

export interface SolidityTest {
  readonly suite: string
  readonly test: string
  /** undefined if it passed */
  readonly fault: string | undefined
  /** of an invariant: the calls after which it still held; undefined for other tests */
  readonly calls: number | undefined
}

/** @param profile of contracts/foundry.toml. @param args of `forge test`. @throws Error if forge does not run */
export async function forgeTest(
  profile: 'default' | 'long',
  args: readonly string[] = [],
): Promise<{ readonly tests: readonly SolidityTest[]; readonly stderr: string }> {
  const root = repositoryRoot()
  const solc = join(root, 'contracts/test/forge/solc-js.cjs')
  const { stdout, stderr } = await promisify(execFile)(
    platformBinary('forge'),
    ['test', '--root', root, '--use', solc, '--json', '--allow-failure', ...args],
    {
      env: { ...process.env, FOUNDRY_CONFIG: join(root, 'contracts/foundry.toml'), FOUNDRY_PROFILE: profile },
      maxBuffer: 1 << 29,
    },
  )
  const tests = Object.entries(JSON.parse(stdout) as Record<string, Suite>).flatMap(([path, { test_results }]) =>
    Object.entries(test_results).map(([test, { status, reason, counterexample, kind }]) => ({
      suite: path.split(':')[1]!,
      test,
      fault: status === 'Success' ? undefined : `${reason} ${JSON.stringify(counterexample)}`,
      calls: kind.Invariant?.calls,
    })),
  )
  return { tests, stderr }
}
