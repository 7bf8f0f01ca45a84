/** Links between nodes that are cut, or slow. */
import type { Conditions, LinkRule } from '../conditions/conditions.js'
import { parted, slowed } from '../conditions/link-rules.js'
import type { Fault } from './fault.js'

class LinkFault implements Fault {
  constructor(
    private readonly conditions: Pick<Conditions, 'add' | 'remove'>,
    private readonly rule: LinkRule,
  ) {}

  async begin(): Promise<void> {
    this.conditions.add(this.rule)
  }

  async end(): Promise<void> {
    this.conditions.remove(this.rule)
  }
}

export class Partition extends LinkFault {
  constructor(conditions: Pick<Conditions, 'add' | 'remove'>, names: readonly string[]) {
    super(conditions, parted(names))
  }
}

export class SlowLink extends LinkFault {
  constructor(conditions: Pick<Conditions, 'add' | 'remove'>, names: readonly string[], delayMs: number) {
    super(conditions, slowed(names, delayMs))
  }
}
