/** Links between nodes that are cut, or slow. */
import type { Conditions, LinkRule } from './conditions.js'
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

/** These nodes reach each other and nobody else, and the others reach each other. All reach the chain. */
export class Partition extends LinkFault {
  constructor(conditions: Pick<Conditions, 'add' | 'remove'>, names: readonly string[]) {
    super(conditions, {
      joins: (one, other) => names.includes(one) !== names.includes(other),
      ...{ cut: true, delayMs: 0 },
    })
  }
}

/** Whatever these nodes send to others, or others to them, takes longer by this time. */
export class SlowLink extends LinkFault {
  constructor(conditions: Pick<Conditions, 'add' | 'remove'>, names: readonly string[], delayMs: number) {
    super(conditions, {
      joins: (one, other) => names.includes(one) || names.includes(other),
      ...{ cut: false, delayMs },
    })
  }
}
