/**
 * `npm run bench -- core`: how long an epoch's assignment and report take a node, and how much memory. Prints the bare hashes
 * of the same machine beside them: their ratio may be compared between machines.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { UserError } from '../../../verifier/config/errors.js'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { coreTable } from './result.js'
import { coreRows } from './run.js'

const OPTIONS = {
  verifiers: { type: 'string', default: '31' },
  providers: { type: 'string', default: '1000,10000,100000' },
  windows: { type: 'string', default: '24,1' },
  json: { type: 'string', default: 'bench-core.json' },
} as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const list = (option: 'verifiers' | 'providers' | 'windows') =>
    values[option].split(',').map(text => Math.max(1, Math.round(positive(option, text))))
  const [verifiers, ...more] = list('verifiers')
  if (verifiers === undefined || more.length > 0) throw new UserError('usage', '--verifiers takes one number.')
  const sizes = list('windows').flatMap(windowEpochs =>
    list('providers').map(providers => ({ verifiers, providers, windowEpochs })),
  )
  const rows = await coreRows(sizes, row => console.log(coreTable([row])))
  writeFileSync(values.json, `${JSON.stringify({ bench: 'core', machine: machineText(), rows }, null, 2)}\n`)
  console.log(`${machineText()}. ${verifiers} verifiers.\n\n${coreTable(rows)}`)
  return 0
}
