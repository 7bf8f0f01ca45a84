/**
 * Networks that a seed draws: chain facts, and the ballots of verifiers of which some err, are missing or break the rules.
 * Links, groups of receivers, soaks, exits and lost reports all occur. Only tests use it, and what it draws must stay as it
 * is: the hashes of `same-bits.test.ts` rest on it.
 */
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET, type NetworkParams } from '../../../proto/params.js'
import { OUTCOME, type Vote } from '../../../proto/vote.js'
import type { Assignment } from '../assignment/assign.js'
import { isSoak, soakSeed, ticksOf } from '../assignment/schedule.js'
import type { ActiveProvider, ChainFacts } from '../facts.js'
import { randomFrom, shuffled } from './random.js'
import { ALL_OUTCOMES, account, type CastBallot, facts as plainFacts, registryIndex, vote } from './samples.js'

export interface NetworkShape {
  readonly seed: number
  readonly verifiers: number
  readonly providers: number
  readonly params?: Partial<NetworkParams>
}

const CLAIMS_KBPS = [8_000, 25_000, 25_000, 25_000, 100_000, 700_000, 3_000_000]
const CAPACITIES_KBPS = [40_000, 300_000, 1_000_000, 1_000_000, 1_000_000_000]
/** What a provider mostly does in an epoch. */
const MANNERS = ['keeps', 'keeps', 'keeps', 'keeps', 'falls short', 'serves nothing', 'has no path', 'varies'] as const

export class RandomNetwork {
  readonly params: NetworkParams
  readonly #random: () => number
  /** by provider: claim, stake, link and manner stay */
  readonly #providers: readonly (ActiveProvider & { readonly manner: (typeof MANNERS)[number] })[]
  readonly #capacities: readonly number[]

  constructor(private readonly shape: NetworkShape) {
    this.params = { ...DEVNET, ...shape.params }
    this.#random = randomFrom(shape.seed)
    this.#capacities = Array.from({ length: shape.verifiers }, () => this.#pick(CAPACITIES_KBPS))
    this.#providers = Array.from({ length: shape.providers }, (_, place) => ({
      index: 3 * place + 2,
      account: account(`provider ${shape.seed} ${place}`),
      claimKbps: this.#pick(CLAIMS_KBPS) + this.#below(3),
      region: ZERO_HASH,
      link: this.#chance(0.4) ? keccakText(`link ${this.#below(Math.ceil(shape.providers / 6))}`) : ZERO_HASH,
      stake: this.#chance(0.1) ? 0n : BigInt(1 + this.#below(4)) * 10n ** 20n,
      ...{ inWindow: true, active: true },
      manner: this.#pick(MANNERS),
    }))
  }

  /** In no order. */
  facts(epoch: number): ChainFacts {
    const { seed, verifiers } = this.shape
    const window = Math.floor((epoch - 1) / this.params.windowEpochs)
    const plain = plainFacts({ verifiers, providers: 0, epoch, beacon: `${seed} ${epoch}` })
    return {
      ...plain,
      windowBeacon: keccakText(`window ${seed} ${window}`),
      verifiers: this.#shuffled(plain.verifiers.map((one, i) => ({ ...one, capacityKbps: this.#capacities[i]! }))),
      providers: this.#shuffled(
        this.#providers.map(({ manner: _, ...one }) => ({
          ...one,
          inWindow: !this.#chance(0.1),
          active: !this.#chance(0.1),
        })),
      ),
    }
  }

  ballots(facts: ChainFacts, assignment: Assignment): CastBallot[] {
    const isBad = this.#chance(0.2)
    const present = facts.verifiers.filter(() => this.#chance(0.95))
    return present.map(({ index }) => ({ verifier: index, votes: this.#votes(facts, assignment, index, isBad) }))
  }

  /** By provider, as in a ballot; now and then in another order, with a vote too many, too few, or of others. */
  #votes(facts: ChainFacts, assignment: Assignment, receiver: number, isBad: boolean): Vote[] {
    const votes = this.#providers
      .filter(() => this.#chance(0.97))
      .flatMap(({ account: provider, claimKbps, manner }) => {
        const own = this.#vote(facts, assignment, {
          receiver,
          provider,
          claimKbps,
          manner: isBad ? 'falls short' : manner,
        })
        return this.#chance(0.01) ? [own, { ...own, outcome: OUTCOME.dead }] : [own]
      })
      .sort((a, b) => (a.provider < b.provider ? -1 : 1))
    return this.#chance(0.1) ? this.#shuffled(votes) : votes
  }

  #vote(
    facts: ChainFacts,
    assignment: Assignment,
    of: { receiver: number; provider: Hex; claimKbps: number; manner: (typeof MANNERS)[number] },
  ): Vote {
    const { receiver, provider, claimKbps } = of
    const sizes = assignment.groupsOf(provider).map(({ length }) => length)
    const shareKbps = Math.ceil(claimKbps / Math.max(1, ...sizes))
    const scheduleProof = keccakText(`schedule ${this.#below(2 ** 31)}`)
    const manner = this.#chance(0.15) ? 'varies' : of.manner
    const [outcome, rateKbps] = this.#reading(manner, shareKbps)
    const ticks = (1n << BigInt(ticksOf(this.params))) - 1n
    const ticksSent = this.#chance(0.9) ? ticks : ticks & this.#bits()
    const seed = soakSeed({ receiver, scheduleProof }, facts.beacon, assignment.groupsOf(provider))
    return vote(receiver, outcome, rateKbps, {
      epoch: this.#chance(0.99) ? facts.epoch : facts.epoch + 1,
      provider,
      ...(this.#chance(0.01) && { receiver: registryIndex(this.#below(this.shape.verifiers)) }),
      offeredKbps: this.#chance(0.9) ? 2 * claimKbps : 1,
      directKbps: this.#chance(0.9) ? 2 * claimKbps : 1,
      controlLossBps: this.#chance(0.9) ? 0 : 2_000,
      ticksSent,
      ticksAnswered: this.#chance(0.8) ? ticksSent : ticksSent & this.#bits(),
      scheduleProof,
      soak: isSoak(seed, provider, this.params) !== this.#chance(0.03),
      link: this.#chance(0.8) ? keccakText(`link ${this.#below(3)}`) : ZERO_HASH,
      attempts: this.#chance(0.8) ? 2 : 1,
      cause: this.#below(5),
      unverifiableSenders: this.#chance(0.9) ? 0 : this.#below(8),
      otherOutcome: this.#chance(0.6) ? outcome : this.#below(9),
      otherKbps: Math.floor(rateKbps * (0.5 + this.#random())),
      otherUnverifiable: this.#chance(0.9) ? 0 : this.#below(8),
      second: this.#chance(0.5),
    })
  }

  #reading(
    manner: (typeof MANNERS)[number],
    claimKbps: number,
  ): [Vote['outcome'] & (typeof ALL_OUTCOMES)[number], number] {
    switch (manner) {
      case 'keeps':
        return [OUTCOME.verified, Math.floor(claimKbps * (0.8 + 0.3 * this.#random()))]
      case 'falls short':
        return [OUTCOME.under, Math.floor(claimKbps * 0.7 * this.#random())]
      case 'serves nothing':
        return [this.#pick([OUTCOME.refused, OUTCOME.dead]), 0]
      case 'has no path':
        return [OUTCOME.noPath, 0]
      case 'varies':
        return [this.#pick(ALL_OUTCOMES), Math.floor(claimKbps * 1.3 * this.#random())]
    }
  }

  #below = (range: number): number => Math.floor(this.#random() * range)
  #chance = (share: number): boolean => this.#random() < share
  #pick = <T>(items: readonly T[]): T => items[this.#below(items.length)]!
  #bits = (): bigint => BigInt(keccakText(`bits ${this.#below(2 ** 31)}`))
  #shuffled = <T>(items: readonly T[]): T[] => shuffled(items, this.#random)
}
