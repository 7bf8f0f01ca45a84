/** Lets the faults of a scenario begin and end in time, beside the run. */
import type { EpochClock } from '../../proto/epoch.js'
import type { NetworkParams } from '../../proto/params.js'
import type { Fault } from '../faults/fault.js'
import { faultText } from './fault-text.js'
import type { PlannedFault } from './scenario.js'
import { endMs, momentMs, START } from './timeline.js'

/** A fault with its times, in Unix milliseconds. */
export interface Happening {
  readonly planned: PlannedFault
  readonly fromMs: number
  /** Infinity if it lasts to the end of the run */
  readonly toMs: number
}

interface Staged {
  readonly planned: PlannedFault
  readonly fault: Fault
  readonly fromMs: number
  state: 'to come' | 'on' | 'over'
  /** resolves when the last step is done: a fault may take its time to begin */
  step: Promise<void>
}

export class Director {
  /** Faults that could not begin or end, a sentence each. */
  readonly failures: string[] = []
  readonly #staged: Staged[] = []
  readonly #timers: NodeJS.Timeout[] = []

  /** @param tell hears in words of each fault that begins or ends */
  constructor(
    private readonly planned: readonly PlannedFault[],
    private readonly params: NetworkParams,
    private readonly make: (planned: PlannedFault) => Fault,
    private readonly tell: (what: string, begins: boolean) => void,
  ) {}

  /** Begins what is there before the nodes are. Until the network has a clock, only `for` ends it. */
  async beforeNodes(): Promise<void> {
    for (const planned of this.planned.filter(({ from }) => from === START)) {
      const staged = this.#stage(planned, Date.now())
      await this.#begin(staged)
      if (planned.for !== undefined) this.#at(staged.fromMs + planned.for * 1000, () => this.#end(staged))
    }
  }

  /** Sets the times of everything else. @returns all faults of the scenario */
  follow(clock: EpochClock): Happening[] {
    for (const planned of this.planned.filter(({ from }) => from !== START)) {
      const staged = this.#stage(planned, momentMs(planned.from, clock, this.params))
      this.#at(staged.fromMs, () => this.#begin(staged))
    }
    return this.#staged.map(staged => {
      const { planned, fromMs } = staged
      const toMs = endMs(planned, fromMs, clock, this.params) ?? Number.POSITIVE_INFINITY
      const isSet = planned.from === START && planned.for !== undefined
      if (Number.isFinite(toMs) && !isSet) this.#at(toMs, () => this.#end(staged))
      return { planned, fromMs, toMs }
    })
  }

  /** Ends what still goes on, so that the nodes can be asked and stopped. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#staged.map(staged => this.#end(staged)))
  }

  #stage(planned: PlannedFault, fromMs: number): Staged {
    const fault = this.make(planned)
    const staged: Staged = { planned, fault, fromMs, state: 'to come', step: Promise.resolve() }
    this.#staged.push(staged)
    return staged
  }

  #at(ms: number, run: () => unknown): void {
    this.#timers.push(setTimeout(run, Math.max(0, ms - Date.now())))
  }

  #begin = (staged: Staged): Promise<void> => this.#step(staged, 'to come', 'on', () => staged.fault.begin())
  #end = (staged: Staged): Promise<void> => this.#step(staged, 'on', 'over', () => staged.fault.end())

  #step(staged: Staged, from: Staged['state'], to: Staged['state'], run: () => Promise<void>): Promise<void> {
    staged.step = staged.step.then(async () => {
      if (staged.state !== from) return
      staged.state = to
      const what = faultText(staged.planned)
      this.tell(what, to === 'on')
      await run().catch((error: Error) => this.failures.push(`The fault "${what}" failed: ${error.message}.`))
    })
    return staged.step
  }
}
