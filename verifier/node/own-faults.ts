/** What makes this verifier useless by its own fault, for its operator: its clock, and epochs in which it measured nothing. */
import { OUTCOME, type Vote } from '../../proto/vote.js'
import { ClockSkew } from '../core/assignment/clock-skew.js'
import type { VerifierContext } from './context.js'

export class OwnFaults {
  readonly #skew = new ClockSkew()
  #clock: string | undefined
  #blind: string | undefined

  constructor(private readonly context: Pick<VerifierContext, 'wall' | 'log'>) {}

  /** One sentence for each fault that lasts. */
  get sentences(): readonly string[] {
    return [this.#clock, this.#blind].filter(sentence => sentence !== undefined)
  }

  /** How old the newest blocks were at least when this node first saw them; null before there are enough. */
  get blockAgeMs(): number | null {
    return this.#skew.leastAgeMs ?? null
  }

  /** @param blockMs time of the chain's newest block, just read */
  readonly sawBlock = (blockMs: number): void => {
    const { wall, log } = this.context
    this.#skew.look(blockMs, wall.nowMs())
    const was = this.#clock
    this.#clock = this.#skew.sentence
    if ((was === undefined) === (this.#clock === undefined)) return
    if (this.#clock === undefined) log.info('the clock of this machine agrees with the chain again')
    else log.warn({ blockAgeMs: this.blockAgeMs }, this.#clock)
  }

  /** @param votes this verifier's of an epoch, one for each provider to which it was assigned */
  voted(epoch: number, votes: readonly Pick<Vote, 'outcome'>[]): void {
    const isBlind = votes.length > 0 && votes.every(({ outcome }) => outcome === OUTCOME.noData)
    this.#blind = isBlind
      ? `this verifier could measure none of its ${votes.length} providers in epoch ${epoch}: look at its clock, its link and its ports`
      : undefined
    if (this.#blind !== undefined) this.context.log.warn({ epoch }, this.#blind)
  }
}
