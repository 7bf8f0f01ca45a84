/** The work of `bench justice`: calibration, then the sessions of every cell. */
import { keccakText } from '../../../proto/hash.js'
import type { JusticeCell } from './cells.js'
import { Pace } from './pace.js'
import type { Answer, NextJob, Pool } from './pool.js'
import type { CalibrationStep, CellResult, JusticeRow } from './result.js'
import { isStarved, isWhole } from './verdict.js'
import type { Job } from './worker-messages.js'

/** Sessions at once for each worker that the calibration tries. */
const STEPS = [24, 16, 12, 8, 5, 3, 1]
/** Part of the calibrated sessions at once that the bench uses: cells differ in what they cost. */
export const USED_SHARE = 0.75
/** Sessions of each worker before the first step. */
const WARM_UPS = 3
/** Sessions of a step for each place. */
const WAVES = 2
/** A machine that others use as well pauses now and then. A step may so lose this share of its sessions. */
const MAY_STARVE = 0.1
/** A session is repeated so often at most, over all sessions of a cell together. */
const MOST_REPEATS = 1
/**
 * Cells whose sessions run side by side, drawn from all. A cell of long sessions alone leaves processors idle, and one of
 * short sessions alone overloads them.
 */
const CELLS_AT_ONCE = 16
/** Nothing is judged by these cells, so few sessions show what the probe makes of them. */
const REPORTED_SESSIONS = 20

export interface JusticePlan {
  readonly cells: readonly JusticeCell[]
  readonly sessions: number
  readonly claimKbps: number
  readonly seed: string
}

const seedOf = (...parts: (string | number)[]): number => Number.parseInt(keccakText(parts.join('/')).slice(2, 10), 16)

/** So many sessions of the control cell. */
function controls({ claimKbps, seed }: JusticePlan, count: number): NextJob {
  let left = count
  return () => (left-- > 0 ? { cell: 'control', seed: seedOf(seed, 'calibration', left), claimKbps } : undefined)
}

/** Until their first sessions are over, the workers load and compile. */
export const warmUp = (pool: Pool, plan: JusticePlan): Promise<void> =>
  pool.run(
    () => pool.size,
    controls(plan, WARM_UPS * pool.size),
    () => {},
  )

/** The most sessions at once that all read the claim where nothing limits them. */
export async function calibrate(
  pool: Pool,
  plan: JusticePlan,
  say: (step: CalibrationStep) => void,
): Promise<CalibrationStep[]> {
  const steps: CalibrationStep[] = []
  for (const slots of STEPS) {
    const parallel = slots * pool.size
    const rows: (JusticeRow | undefined)[] = []
    await pool.run(
      () => parallel,
      controls(plan, WAVES * parallel),
      answer => rows.push('row' in answer ? answer.row : undefined),
    )
    const counted = rows.flatMap(row => (row && !isStarved(row) ? row : []))
    const starved = rows.length - counted.length
    const lowest = counted.reduce((least, { reading }) => Math.min(least, reading ?? 0), 1)
    const step = { parallel, lowest, starved, ok: starved <= MAY_STARVE * rows.length && counted.every(isWhole) }
    steps.push(step)
    say(step)
    if (step.ok) break
  }
  return steps
}

export const sessionsOf = ({ class: of }: Pick<JusticeCell, 'class'>, sessions: number): number =>
  of === 'reported' ? Math.min(REPORTED_SESSIONS, sessions) : sessions

/** @param done told of each cell, once all its sessions are over */
export async function runCells(
  pool: Pool,
  { cells, sessions, claimKbps, seed }: JusticePlan,
  parallel: number,
  done: (cell: CellResult) => void,
): Promise<CellResult[]> {
  const states = cells.map(
    cell => new CellState(cell, sessionsOf(cell, sessions), cell.family === 6 ? pool.noIpv6 : undefined),
  )
  for (const state of states) if (state.isDone) done(state.result())
  const drawn = [...states].sort((a, b) => seedOf(seed, a.name) - seedOf(seed, b.name))
  const next = (): Job | undefined => {
    const open = drawn.filter(one => one.isOpen).slice(0, CELLS_AT_ONCE)
    const state = open.sort((a, b) => a.begun - b.begun)[0]
    return state && { cell: state.name, seed: seedOf(seed, state.name, state.begin()), claimKbps }
  }
  const pace = new Pace(parallel)
  await pool.run(
    () => pace.parallel,
    next,
    answer => {
      const state = states.find(({ name }) => name === answer.job.cell)!
      const nowMs = performance.now()
      const tookMs = 'row' in answer ? 1000 * answer.row.seconds : 0
      pace.heed(state.take(answer), nowMs - tookMs, nowMs)
      if (state.isDone) done(state.result())
    },
  )
  return states.map(state => state.result())
}

/** The sessions of one cell. */
class CellState {
  readonly #cell: JusticeCell
  readonly #sessions: number
  readonly #unavailable: string | undefined
  readonly #rows: JusticeRow[] = []
  #begun = 0
  #running = 0
  #starved = 0
  #failure: string | null = null

  constructor(cell: JusticeCell, sessions: number, unavailable: string | undefined) {
    this.#cell = cell
    this.#sessions = sessions
    this.#unavailable = unavailable
  }

  get name(): string {
    return this.#cell.name
  }

  /** sessions so far, those included that were repeated */
  get begun(): number {
    return this.#begun
  }

  /** whether another session may begin */
  get isOpen(): boolean {
    if (this.#unavailable !== undefined || this.#starved > MOST_REPEATS * this.#sessions) return false
    return this.#rows.length + this.#running < this.#sessions
  }

  get isDone(): boolean {
    return this.#running === 0 && !this.isOpen
  }

  /** @returns the session's number */
  begin(): number {
    this.#running++
    return this.#begun++
  }

  /** @returns whether the session counts */
  take(answer: Answer): boolean {
    this.#running--
    if ('failure' in answer) this.#failure = answer.failure
    const counts = 'row' in answer && !isStarved(answer.row)
    if (counts) this.#rows.push(answer.row)
    else this.#starved++
    return counts
  }

  result(): CellResult {
    const { name, class: of, meanShare } = this.#cell
    return {
      name,
      class: of,
      mean: Number.isFinite(meanShare) ? meanShare : null,
      rows: this.#rows,
      starved: this.#starved,
      failure: this.#failure,
      unavailable: this.#unavailable ?? null,
    }
  }
}
