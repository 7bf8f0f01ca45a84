/**
 * `npm run bench -- measure`: the probe over a grid of rates, delays and losses, beside the tools that people would use
 * instead. Every reading is compared with the link's own counter.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { type Calibration, type Cell, CLAIM_FACTOR, type Lab } from '../../lab/lab.js'
import { openLab } from '../../lab/open-lab.js'
import { percent } from '../figures.js'
import { machineText } from '../machine.js'
import { cellName, type PlannedCell, planGrid } from './grid.js'
import { measurePeers } from './peers.js'
import { firstReading } from './readings.js'
import {
  type CellResult,
  FIRST_READING,
  type MeasureResult,
  type SessionRow,
  type ToolResult,
  type ToolRow,
} from './results.js'
import { limitOf, mean, sessionRow, shortcomings, summarise, verdictOf } from './summary.js'

const OPTIONS = {
  rates: { type: 'string' },
  rtts: { type: 'string' },
  losses: { type: 'string' },
  repeat: { type: 'string' },
  peers: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'string', default: 'bench-measure.json' },
} as const

/** Tries to calibrate a cell. */
const CALIBRATIONS = 3
/** A link that is filled to a lower share does not come right by another try. */
const HOPELESS = 0.8
/** Sessions before the first that counts. Real nodes run for days, so their code is compiled before a session starts. */
const WARM_UPS = 2
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS })
  const { json, ...grid } = values
  const plan = planGrid(grid)
  const startMs = performance.now()
  const lab = await openLab(line => console.log(line))
  console.log(`lab: ${lab.description}`)
  const interrupt = new AbortController()
  const onSignal = () => {
    interrupt.abort(new Error('interrupted'))
    void lab.close() // a session that is under way fails at once
  }
  for (const name of INTERRUPTS) process.on(name, onSignal)
  const cells: CellResult[] = []
  try {
    await warmUp(lab, Math.max(...plan.map(({ cell }) => cell.rateKbps)))
    for (const [i, planned] of plan.entries()) {
      const measured = await measureCell(lab, planned, line => {
        interrupt.signal.throwIfAborted()
        progress(`[${i + 1}/${plan.length}] ${line}`)
      })
      cells.push(measured)
      console.log(`[${i + 1}/${plan.length}] ${describe(measured, planned.repeat)}`)
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    console.log('interrupted')
  } finally {
    for (const name of INTERRUPTS) process.off(name, onSignal)
    await lab.close()
  }
  const { ok, line } = verdictOf(cells, plan.length, plan[0]!.repeat)
  const minutes = (performance.now() - startMs) / 60_000
  const verdict = `${line} (${minutes.toFixed(1)} min)`
  const result: MeasureResult = {
    bench: 'measure',
    date: new Date().toISOString(),
    machine: machineText(),
    lab: lab.description,
    claimFactor: CLAIM_FACTOR,
    cells,
    minutes,
    ok,
    verdict,
  }
  writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`)
  console.log(verdict)
  return ok ? 0 : 1
}

async function warmUp(lab: Lab, rateKbps: number): Promise<void> {
  await lab.shape({ rateKbps, rttMs: 1, lossPercent: 0 })
  for (let done = 0; done < WARM_UPS; done++) await lab.measure()
}

/** Never throws for a failure of the cell alone. @param progress called before every step; an error of `progress` ends the bench */
async function measureCell(
  lab: Lab,
  { cell, repeat, peers }: PlannedCell,
  progress: (line: string) => void,
): Promise<CellResult> {
  const step = (what: string) => progress(`${cellName(cell)}: ${what}`)
  const sessions: SessionRow[] = []
  const tools: ToolResult[] = []
  let calibration: Calibration | null = null
  let limited: string | null = null
  let failure: string | null = null
  try {
    await lab.shape(cell)
    // Other work of this machine may spoil a calibration. Only a harness that fails every time is at its limit.
    for (let tries = 0; tries < CALIBRATIONS; tries++) {
      step('calibrating')
      calibration = await lab.calibrate()
      limited = limitOf(cell, calibration)
      if (limited === null || calibration.linkKbps < HOPELESS * cell.rateKbps) break
    }
    if (calibration && limited === null) {
      tools.push(await measureSessions(lab, cell, calibration, repeat, sessions, step))
      if (peers > 0 && lab.iperf3) tools.push(...(await measurePeers(lab.iperf3, cell, calibration, peers, step)))
    }
  } catch (error) {
    step('failed')
    failure = (error as Error).message
  }
  return { cell, calibration, limited, failure, sessions, tools }
}

/** @param rows filled with the sessions @returns the readings of the first 100 ms of each session */
async function measureSessions(
  lab: Lab,
  cell: Cell,
  calibration: Calibration,
  repeat: number,
  rows: SessionRow[],
  step: (what: string) => void,
): Promise<ToolResult> {
  const firsts: ToolRow[] = []
  while (rows.length < repeat) {
    step(`session ${rows.length + 1}/${repeat}`)
    const session = await lab.measure()
    rows.push(sessionRow(session, cell, calibration))
    const { link, reading } = session
    const beganMs = reading.startMs && link.riseMs(reading.startMs, IP_DATAGRAM_BYTES)
    if (!beganMs) continue
    // This reading uses the link's own counter, before the path loses anything.
    const { kbps, toMs } = firstReading(link, beganMs)
    firsts.push({
      readingKbps: kbps,
      truthKbps: calibration.linkKbps,
      error: kbps / calibration.linkKbps - 1,
      seconds: (reading.tookMs - (reading.haltMs! - toMs)) / 1000,
      bytes: link.bytesAt(toMs) - link.bytesAt(beganMs),
    })
  }
  return { tool: FIRST_READING, rows: firsts, failures: [] }
}

/** On a terminal only: one line that each step overwrites. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}\r`)
}

function describe(result: CellResult, repeat: number): string {
  const { cell, limited, sessions, tools } = result
  if (limited !== null) return `${cellName(cell)}: harness-limited: ${limited}`
  const line = (name: string, rows: readonly (SessionRow | ToolRow)[]) => {
    if (rows.length === 0) return name
    const { median, p95 } = summarise(rows.map(row => row.error))
    const cost = `${mean(rows, 'seconds').toFixed(1)} s, ${(mean(rows, 'bytes') / 1e6).toFixed(1)} MB`
    return `${name}: median error ${percent(median)}, P95 ${percent(p95)}, ${cost}`
  }
  const odd = sessions.filter(row => row.readingKbps === null).map(row => row.outcome)
  const wrong = shortcomings(result, repeat)
  return [
    line(cellName(cell), sessions),
    ...overruns(sessions),
    ...odd.map(outcome => `    without a reading: ${outcome}`),
    ...wrong.map(what => `    ✗ ${what}`),
    ...(tools.length > 1 ? tools : []).flatMap(({ tool, rows, failures }) => [
      line(`    ${tool}`, rows),
      ...failures.map(failure => `        failed: ${failure}`),
    ]),
  ].join('\n')
}

/** A socket that its process does not read in time loses data that the link carried: a sign of an overloaded machine. */
function overruns(sessions: readonly SessionRow[]): string[] {
  const total = (of: 'provider' | 'receiver') => sessions.reduce((sum, row) => sum + (row.overruns?.[of] ?? 0), 0)
  const lost = (['provider', 'receiver'] as const).filter(of => total(of) > 0)
  return lost.map(of => `    the ${of}'s socket had no room for ${total(of)} datagrams in ${sessions.length} sessions`)
}
