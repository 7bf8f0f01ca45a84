/** The scenarios that ship, each run as a network of its own with the README's command. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf } from '../scenario/kept-runs.js'
import { readScenario } from '../scenario/read-scenario.js'
import type { Scenario } from '../scenario/scenario.js'
import { TestnetRun } from './testnet-run.js'

const FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url))
/** A run takes its epochs, and so long to start and to end. */
const AROUND_SECONDS = 180
const LONGEST_EPOCH_SECONDS = 60

export interface ScenarioEnd {
  /** one sentence for each thing that was not as it must be */
  readonly failures: readonly string[]
  readonly seconds: number
  /** the directory with the logs of a run that failed */
  readonly keptIn: string | null
}

export const scenarioNames: readonly string[] = readdirSync(FOLDER)
  .filter(file => file.endsWith('.yaml'))
  .map(file => basename(file, '.yaml'))
  .sort()

const pathOf = (name: string): string => join(FOLDER, `${name}.yaml`)

export const scenarioDigest = (name: string): string => digestOf(readFileSync(pathOf(name), 'utf8'))

/** @throws UserError if the file is no scenario */
export const scenarioCalled = (name: string): Scenario => readScenario(pathOf(name))

export function runScenario(name: string): Promise<ScenarioEnd> {
  const { epochs } = scenarioCalled(name)
  return TestnetRun.with(['--scenario', pathOf(name)], async run => {
    const { code, signal, seconds } = await run.end(AROUND_SECONDS + epochs * LONGEST_EPOCH_SECONDS)
    const failures = run.result?.failures ?? [`It ended with ${code ?? signal}: ${run.stderr}.`]
    return { failures, seconds, keptIn: run.result?.keptIn ?? null }
  })
}
