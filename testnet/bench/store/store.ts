/** `npm run bench -- store`: what a verifier's store takes on the disk and in memory, and how fast a node starts on it. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machineText } from '../machine.js'
import { positive } from '../numbers.js'
import { storeTable } from './result.js'
import { runStore } from './run.js'

const OPTIONS = {
  verifiers: { type: 'string', default: '31' },
  providers: { type: 'string', default: '388' },
  epochs: { type: 'string', default: '1000' },
  window: { type: 'string', default: '24' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string', default: 'bench-store.json' },
} as const

const QUICK_EPOCHS = 50

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const whole = (option: 'verifiers' | 'providers' | 'epochs' | 'window') =>
    Math.max(1, Math.round(positive(option, values[option])))
  console.log(machineText())
  const network = { verifiers: whole('verifiers'), providers: whole('providers'), windowEpochs: whole('window') }
  const result = await runStore(network, values.quick ? QUICK_EPOCHS : whole('epochs'), line => console.log(line))
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(storeTable(result))
  return result.verdict.startsWith('PASS') ? 0 : 1
}
