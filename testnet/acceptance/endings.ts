/** What every run must show at its end. */
import type { ReadyEvent } from '../network/events.js'
import type { Checks } from './checks.js'
import { leftBehind, type TestnetRun } from './testnet-run.js'

/** Waits for the run to end by itself. @param label put before the sentence, if a point has several runs */
export async function checkExit(checks: Checks, run: TestnetRun, label = ''): Promise<void> {
  const { code, signal } = await run.end()
  checks.that(code === 0, `${label}exit code 0`, `${code ?? signal}`)
  if (code !== 0) checks.note([...(run.result?.failures ?? []), run.stderr].join('\n'))
}

/** @param temporary whether the network's data must be gone, too (see `leftBehind`) */
export async function checkLeftovers(checks: Checks, ready: ReadyEvent, temporary: boolean, label = ''): Promise<void> {
  const left = await leftBehind(ready, temporary)
  checks.that(left.length === 0, `${label}nothing is left behind`, left.join(', '))
}
