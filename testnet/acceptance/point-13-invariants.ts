/** Point 13: the contracts' fuzz and invariant tests, which forge takes a minute to compile. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Point } from './checks.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SUITES = join(ROOT, 'contracts', 'test', 'forge')
const LIMIT_MS = 600_000

export const invariants: Point = {
  number: 13,
  title: 'the contracts keep their invariants, whatever is called',
  async run(checks) {
    const lines = await linesOf(['npm', 'run', '-s', 'invariants', '--', '--quick'])
    for (const line of lines.filter(one => /^(ok {2}|FAIL)/.test(one)))
      checks.that(line.startsWith('ok'), line.slice(5))
    const missing = suites().filter(suite => !lines.some(line => line.startsWith(`ok   ${suite} `)))
    checks.that(missing.length === 0, 'every suite has run', missing.join(', ') || lines.at(-1))
  },
}

/** The contracts with tests. */
const suites = (): string[] =>
  readdirSync(SUITES)
    .filter(file => file.endsWith('.t.sol'))
    .flatMap(file =>
      [...readFileSync(join(SUITES, file), 'utf8').matchAll(/^contract (\w+Test)\b/gm)].map(([, name]) => name!),
    )

const linesOf = ([program, ...args]: string[]): Promise<string[]> =>
  new Promise(resolve => {
    const options = { cwd: ROOT, timeout: LIMIT_MS, maxBuffer: 2 ** 26 }
    execFile(program!, args, options, (_, stdout, stderr) => resolve(`${stderr}${stdout}`.trim().split('\n')))
  })
