/** Waits that end. */

export class DeadlineError extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${Math.round(ms)} ms`)
    this.name = 'DeadlineError'
  }
}

/**
 * @param what names the awaited event, for the message.
 * @throws DeadlineError, or the error that `promise` rejects with
 */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError(what, ms)), Math.max(0, ms))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Lets tasks wait until a predicate over shared state holds. Code that changes the state calls `changed`. */
export class Condition {
  #waiters: (() => void)[] = []

  changed(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  /** @returns whether `holds` became true within `ms` */
  async until(holds: () => boolean, ms: number): Promise<boolean> {
    let expired = false
    const timer = setTimeout(
      () => {
        expired = true
        this.changed()
      },
      Math.max(0, ms),
    )
    while (!holds() && !expired) await new Promise<void>(resolve => this.#waiters.push(resolve))
    clearTimeout(timer)
    return holds()
  }
}
