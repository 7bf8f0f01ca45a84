/** What somebody does by hand to the links of single nodes, until it is mended. */
import type { Conditions, LinkRule } from '../conditions/conditions.js'
import { parted, slowed } from '../conditions/link-rules.js'

export class LinkFaults {
  readonly #rules = new Map<string, { cut?: LinkRule; delay?: LinkRule }>()

  constructor(private readonly conditions: Pick<Conditions, 'add' | 'remove'>) {}

  /** A node that is cut off already stays so. */
  cutOff(name: string): void {
    this.#put(name, 'cut', parted([name]))
  }

  /** Takes the place of an earlier delay. @param ms each way */
  delay(name: string, ms: number): void {
    this.#put(name, 'delay', slowed([name], ms))
  }

  /** @returns whether there was something to mend */
  mend(name: string): boolean {
    const { cut, delay } = this.#rules.get(name) ?? {}
    for (const rule of [cut, delay]) if (rule) this.conditions.remove(rule)
    return this.#rules.delete(name)
  }

  #put(name: string, kind: 'cut' | 'delay', rule: LinkRule): void {
    const rules = this.#rules.get(name) ?? {}
    const earlier = rules[kind]
    this.conditions.add(rule)
    if (earlier) this.conditions.remove(earlier)
    this.#rules.set(name, { ...rules, [kind]: rule })
  }
}
