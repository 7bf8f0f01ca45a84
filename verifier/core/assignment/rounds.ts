/**
 * What is left of the capacity of an epoch's rounds. Rounds are looked through for each session of the epoch, so what
 * is left of a party's capacity stands in one array, a number for each round.
 */
import type { Hex } from '../../../proto/hex.js'

export interface RoundLimits {
  readonly rounds: number
  /** providers at once; 0 for no limit */
  readonly lanes: number
}

/** What sessions that run together take in the round that they share. */
export interface Demand {
  readonly providers: ReadonlySet<Hex>
  /** kbit/s, by party */
  readonly loads: ReadonlyMap<number, number>
}

export class Rounds {
  readonly #capacityKbps: ReadonlyMap<number, number>
  readonly #limits: RoundLimits
  /** by party, kbit/s by round */
  readonly #left = new Map<number, Float64Array>()
  /** how many providers have a session, by round */
  readonly #taken: Uint32Array
  readonly #roundsOf = new Map<Hex, Set<number>>()
  #used = 0

  constructor(capacityKbps: ReadonlyMap<number, number>, limits: RoundLimits) {
    this.#capacityKbps = capacityKbps
    this.#limits = limits
    this.#taken = new Uint32Array(limits.rounds)
  }

  /** How many rounds there are up to the last one that was taken. */
  get used(): number {
    return this.#used
  }

  /** Takes the first round from `from` on that has room. @returns undefined if none has */
  take({ providers, loads }: Demand, from: number): number | undefined {
    const round = this.#firstFor(providers, loads, from)
    if (round === undefined) return undefined
    this.#used = Math.max(this.#used, round + 1)
    this.#taken[round]! += providers.size
    for (const provider of providers) {
      const own = this.#roundsOf.get(provider)
      if (own) own.add(round)
      else this.#roundsOf.set(provider, new Set([round]))
    }
    for (const [party, load] of loads) this.#leftOf(party)[round]! -= load
    return round
  }

  #firstFor(providers: ReadonlySet<Hex>, loads: ReadonlyMap<number, number>, from: number): number | undefined {
    const wanted = Float64Array.from(loads.values())
    const left = [...loads.keys()].map(party => this.#leftOf(party))
    const busy = [...providers].flatMap(provider => this.#roundsOf.get(provider) ?? [])
    const { rounds, lanes } = this.#limits
    const mostTaken = lanes === 0 ? Number.POSITIVE_INFINITY : lanes - providers.size
    // Of the rounds that nobody has taken one is as good as another.
    for (let round = from; round < Math.min(rounds, Math.max(from, this.#used) + 1); round++) {
      let party = 0
      while (party < wanted.length && left[party]![round]! >= wanted[party]!) party++
      if (party < wanted.length || this.#taken[round]! > mostTaken || busy.some(own => own.has(round))) continue
      return round
    }
    return undefined
  }

  #leftOf(party: number): Float64Array {
    let left = this.#left.get(party)
    if (left === undefined) {
      left = new Float64Array(this.#limits.rounds).fill(this.#capacityKbps.get(party)!)
      this.#left.set(party, left)
    }
    return left
  }
}
