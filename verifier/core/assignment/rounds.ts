/**
 * What is left of the capacity of an epoch's rounds. Each session of the epoch takes the first round that has room. So each
 * party has a tree over its rounds that tells the most that is left in any of them: whole runs of full rounds cost one look.
 */
import type { Hex } from '../../../proto/hex.js'

export interface RoundLimits {
  readonly rounds: number
  /** providers at once; 0 for no limit */
  readonly lanes: number
}

/** What sessions that run together take in the round that they share. */
export interface Demand {
  readonly providers: readonly Hex[]
  /** registry indices, each once */
  readonly parties: readonly number[]
  /** kbit/s, of the party at the same place */
  readonly loadsKbps: readonly number[]
}

export class Rounds {
  readonly #limits: RoundLimits
  /** kbit/s, by party; of those that were asked for, since few providers need few parties */
  readonly #left = new Map<number, LeftOver>()
  readonly #freeLanes: LeftOver
  readonly #roundsOf = new Map<Hex, number[]>()
  #used = 0

  constructor(
    private readonly capacityKbps: ReadonlyMap<number, number>,
    limits: RoundLimits,
  ) {
    this.#limits = limits
    this.#freeLanes = new LeftOver(limits.rounds, limits.lanes === 0 ? Number.POSITIVE_INFINITY : limits.lanes)
  }

  /** How many rounds there are up to the last one that was taken. */
  get used(): number {
    return this.#used
  }

  /** Whether any round has so much left of a party's capacity. */
  hasRoom(party: number, loadKbps: number): boolean {
    return this.#leftOf(party).most >= loadKbps
  }

  /** Takes the first round from `from` on that has room. @returns undefined if none has */
  take({ providers, parties, loadsKbps }: Demand, from: number): number | undefined {
    const wanted = [{ left: this.#freeLanes, amount: providers.length }]
    for (let i = 0; i < parties.length; i++) wanted.push({ left: this.#leftOf(parties[i]!), amount: loadsKbps[i]! })
    const busy = providers.flatMap(provider => this.#roundsOf.get(provider) ?? [])
    const round = this.#firstWith(wanted, busy, from)
    if (round === undefined) return undefined
    this.#used = Math.max(this.#used, round + 1)
    for (const { left, amount } of wanted) left.take(round, amount)
    for (const provider of providers) {
      const own = this.#roundsOf.get(provider)
      if (own) own.push(round)
      else this.#roundsOf.set(provider, [round])
    }
    return round
  }

  #leftOf(party: number): LeftOver {
    let left = this.#left.get(party)
    if (left === undefined) {
      left = new LeftOver(this.#limits.rounds, this.capacityKbps.get(party)!)
      this.#left.set(party, left)
    }
    return left
  }

  #firstWith(wanted: readonly Wanted[], busy: readonly number[], from: number): number | undefined {
    // Of the rounds that nobody has taken one is as good as another.
    const end = Math.min(this.#limits.rounds, Math.max(from, this.#used) + 1)
    let round = from
    for (let agreed = 0; agreed < wanted.length; ) {
      const { left, amount } = wanted[agreed]!
      const next = left.firstFrom(round, amount)
      if (next >= end) return undefined
      agreed = next === round ? agreed + 1 : 0
      round = next
      if (agreed === wanted.length && busy.includes(round)) {
        round++
        agreed = 0
      }
    }
    return round < end ? round : undefined
  }
}

interface Wanted {
  readonly left: LeftOver
  readonly amount: number
}

/** What is left of one capacity, by round; as a complete binary tree in which each node is the larger of its two children. */
class LeftOver {
  /** the first power of two that is enough; the node of a round is `#leaves + round` */
  readonly #leaves: number
  readonly #most: Float64Array

  constructor(rounds: number, capacity: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, rounds)))
    this.#most = new Float64Array(2 * this.#leaves).fill(capacity)
    this.#most.fill(Number.NEGATIVE_INFINITY, this.#leaves + rounds)
    for (let node = this.#leaves - 1; node > 0; node--)
      this.#most[node] = Math.max(this.#most[2 * node]!, this.#most[2 * node + 1]!)
  }

  /** that is left in any round */
  get most(): number {
    return this.#most[1]!
  }

  /** The first round from `round` on in which so much is left; infinity if there is none. */
  firstFrom(round: number, amount: number): number {
    const most = this.#most
    let node = this.#leaves + round
    if (round >= this.#leaves) return Number.POSITIVE_INFINITY
    while (most[node]! < amount) {
      // Up while this was a right child, and then to the right.
      while ((node & 1) === 1) node >>= 1
      if (node === 0) return Number.POSITIVE_INFINITY
      node++
    }
    while (node < this.#leaves) node = most[2 * node]! >= amount ? 2 * node : 2 * node + 1
    return node - this.#leaves
  }

  take(round: number, amount: number): void {
    const most = this.#most
    let node = this.#leaves + round
    most[node]! -= amount
    for (node >>= 1; node > 0; node >>= 1) {
      const larger = Math.max(most[2 * node]!, most[2 * node + 1]!)
      if (most[node] === larger) return
      most[node] = larger
    }
  }
}
