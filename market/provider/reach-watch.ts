/**
 * Asks verifiers again and again whether this provider can be reached, and tells its operator. A line gets another address,
 * a router forgets a forwarded port, a host name's entry grows old: the process runs on, and only who comes from outside
 * can tell. A provider that nobody reaches is unmeasured, and earns nothing.
 */
import type { Logger } from 'pino'
import type { ReachReport } from '../../proto/messages.js'
import { isReached, reachLines } from '../../verifier/node/reach-lines.js'
import { isAbort } from '../../verifier/node/waiting.js'

/** Each of 191 verifiers then tests 100,000 providers at nine a minute, of the 30 that it takes. */
const EVERY_MS = 3_600_000
/**
 * How often the provider asks again before it believes that nobody reaches it: one verifier may be unable to, or lie. And a
 * network that starts has no verifiers yet.
 */
const RETRIES = 3
/** A verifier tests each host once a minute. */
const RETRY_MS = 20_000

export interface ReachModules {
  /** @returns undefined if no verifier tests this provider now */
  readonly testReach: () => Promise<ReachReport | undefined>
  /** @throws AbortError when the node stops */
  readonly wait: (ms: number) => Promise<void>
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>
}

export class ReachWatch {
  #fault: string | undefined
  #looks = 0

  constructor(private readonly modules: ReachModules) {}

  /** Why verifiers do not reach this provider, as far as they told; undefined while one of them does. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Until the node stops. @throws AbortError then */
  async run(): Promise<never> {
    for (;;) {
      await this.look()
      await this.modules.wait(EVERY_MS)
    }
  }

  /** Asks until one verifier reaches this provider, or several did not. @throws AbortError when the node stops */
  async look(): Promise<void> {
    const { log, wait } = this.modules
    const isFirst = this.#looks++ === 0
    let found: string | undefined
    for (let retries = 0; ; retries++) {
      const report = await this.#ask()
      if (report !== undefined) {
        const lines = reachLines(report)
        if (isReached(lines))
          return this.#reached(
            lines.map(({ text }) => text),
            isFirst,
          )
        const failed = lines.filter(({ passed }) => passed === false).map(({ text }) => text)
        if (found === undefined) for (const text of failed) log.warn(text)
        found = failed.join(' ')
      }
      if (retries === RETRIES) break
      await wait(RETRY_MS)
    }
    if (found !== undefined) this.#unreached(found)
    else if (isFirst)
      log.info('no verifier tested whether this provider can be reached: they are asked again in an hour')
  }

  #unreached(found: string): void {
    if (this.#fault === undefined) this.modules.log.warn('several verifiers do not reach this provider')
    this.#fault = `verifiers do not reach this provider: ${found}`
  }

  #reached(texts: readonly string[], isFirst: boolean): void {
    const { log } = this.modules
    if (this.#fault !== undefined) log.info('verifiers reach this provider again')
    this.#fault = undefined
    for (const text of texts) log[isFirst ? 'info' : 'debug'](text)
  }

  async #ask(): Promise<ReachReport | undefined> {
    const { testReach, log } = this.modules
    try {
      return await testReach()
    } catch (error) {
      if (isAbort(error)) throw error
      log.warn({ error: (error as Error).message }, 'could not ask whether this provider can be reached')
      return undefined
    }
  }
}
