/**
 * What the chain's log says, for the routes. However many ask at once, the chain is asked twice a second at most, and nobody
 * waits long for a chain that does not answer.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { KnownEvents } from '../chain/known-events.js'
import type { PostedEvent } from '../core/chain-log.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { Problem } from './problem.js'
import { Recent } from './recent.js'

const MAX_AGE_MS = 500
/** How long a request waits for the chain. */
const WAIT_MS = 2000

export class ChainView {
  readonly #looks = new Recent<KnownEvents>({ most: 1, maxAgeMs: MAX_AGE_MS })

  constructor(private readonly chain: Pick<VerifierNode['chain'], 'events' | 'health'>) {}

  /** @throws Problem 'chain-silent' */
  async events(): Promise<KnownEvents> {
    const { silence } = this.chain.health
    if (silence !== undefined) throw silent(silence)
    const look = this.#looks.get('', () => this.chain.events())
    const events = await Promise.race([look, pause(WAIT_MS, undefined, { ref: false })])
    if (events === undefined) throw silent(this.chain.health.silence ?? 'it takes its time')
    return events
  }

  /**
   * The accepted report of an epoch.
   * @throws Problem 'not-found' where the chain has none; 'chain-silent'
   */
  async posted(epoch: number): Promise<PostedEvent> {
    const posted = (await this.events()).postedIn(epoch)
    if (posted !== undefined) return posted
    throw new Problem('not-found', `The chain has no report of epoch ${epoch}. Ask for another epoch.`)
  }
}

const silent = (sentence: string): Problem =>
  new Problem('chain-silent', `This needs the chain: ${sentence}. Try again later, or ask another verifier.`)
