/**
 * `npm run bench -- bls`: how fast a node checks BLS signatures, beside its library called directly and beside one by one on the
 * main thread, all in one run.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machineText } from '../machine.js'
import { type BlsResult, type Rates, verdictOf, WAYS } from './result.js'
import { blsTables } from './tables.js'
import { Ways } from './ways.js'

const OPTIONS = {
  seed: { type: 'string' },
  quick: { type: 'boolean', default: false },
  json: { type: 'string', default: 'bench-bls.json' },
} as const

/** @param signatures in each way and round */
export async function measureBls(seed: string, signatures: number, rounds: number): Promise<BlsResult> {
  const ways = new Ways(seed, signatures)
  try {
    const measured: Rates[] = []
    // The first round starts the worker and warms all code up.
    for (let round = 0; round <= rounds; round++) {
      const rates: Partial<Record<keyof Rates, number>> = {}
      for (const way of WAYS) rates[way] = await ways.rateOf(way)
      if (round > 0) measured.push(rates as Rates)
    }
    return { bench: 'bls', machine: machineText(), seed, signatures, rounds: measured, verdict: verdictOf(measured) }
  } finally {
    await ways.end()
  }
}

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const seed = values.seed ?? Math.random().toString(36).slice(2, 8)
  console.log(`seed ${seed}`)
  const result = await (values.quick ? measureBls(seed, 256, 5) : measureBls(seed, 1024, 11))
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(blsTables(result))
  return result.verdict.startsWith('PASS') ? 0 : 1
}
