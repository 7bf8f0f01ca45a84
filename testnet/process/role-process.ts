/** One of our own processes that takes orders over its channel, and gives one answer to each. */
import { type ChildOptions, ChildProcess } from './child-process.js'

/** An answer is an object with one member: the kind of the answer, and its content. */
type KindOf<Answer> = Answer extends unknown ? keyof Answer : never
type SaidBy<Answer, Kind extends PropertyKey> = Answer extends { readonly [K in Kind]: infer Said } ? Said : never

/** Above the longest that an order of the lab or of a bench takes. */
const ANSWER_MS = 60_000

export class RoleProcess<Order extends object, Answer extends object> {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Call `ready` next: the process speaks first. */
  static start<Order extends object, Answer extends object>(
    options: Omit<ChildOptions, 'ipc' | 'farewell'>,
  ): RoleProcess<Order, Answer> {
    // Its main file ends the process as soon as the channel is closed.
    return new RoleProcess(ChildProcess.start({ ...options, ipc: 'json', farewell: 'disconnect' }))
  }

  get pid(): number {
    return this.#child.pid
  }

  /** The first answer, which needs no order. @throws ChildError */
  ready<Kind extends KindOf<Answer>>(kind: Kind, timeoutMs: number): Promise<SaidBy<Answer, Kind>> {
    return this.#answer(kind, timeoutMs)
  }

  /** @throws ChildError if the process ends, stays silent or gives an answer of another kind */
  ask<Kind extends KindOf<Answer>>(order: Order, kind: Kind, timeoutMs = ANSWER_MS): Promise<SaidBy<Answer, Kind>> {
    this.#child.send(order)
    return this.#answer(kind, timeoutMs)
  }

  async close(): Promise<void> {
    await this.#child.end()
  }

  async #answer<Kind extends KindOf<Answer>>(kind: Kind, timeoutMs: number): Promise<SaidBy<Answer, Kind>> {
    const answer = (await this.#child.message(timeoutMs)) as Record<Kind, SaidBy<Answer, Kind>>
    if (kind in answer) return answer[kind]
    await this.close()
    throw new Error(`${this.#child.name} answered "${Object.keys(answer)}" where "${String(kind)}" was expected`)
  }
}
