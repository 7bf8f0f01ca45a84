/** Nodes whose clock is stepped: wrong by this much while the fault lasts, and stepped back afterwards. */
import type { Conditions } from '../conditions/conditions.js'
import type { Fault } from './fault.js'

export class SteppedClock implements Fault {
  /** @param ms below zero for a clock that is behind */
  constructor(
    private readonly conditions: Pick<Conditions, 'stepClock'>,
    private readonly names: readonly string[],
    private readonly ms: number,
  ) {}

  async begin(): Promise<void> {
    for (const name of this.names) this.conditions.stepClock(name, this.ms)
  }

  async end(): Promise<void> {
    for (const name of this.names) this.conditions.stepClock(name, -this.ms)
  }
}
