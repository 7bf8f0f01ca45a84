/**
 * Epochs of a network in simulated time, without sockets: core's assignment and evaluation, the nodes' way from two tries to
 * a vote, and sessions drawn from published noise.
 *
 * A provider's state depends on the assignment and on its own votes. So one provider is simulated in many *worlds*, each with
 * another behaviour, another plot against it and another share of colluders, over one assignment for each epoch. What is left
 * out is what other providers can do to it: rounds that are full, a shared link, and the rule for common failures, which only
 * forgives. Pure: the same seed gives the same figures.
 */
import type { Outcome } from '../../probe/verdict/outcome.js'
import { providerSchedule } from '../../proto/digests.js'
import { isWindowEnd } from '../../proto/epoch.js'
import { keccakText } from '../../proto/hash.js'
import { fromHex, type Hex, ZERO_HASH } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { faultsTolerated } from '../../proto/quorum.js'
import { encodeVote, type Vote } from '../../proto/vote.js'
import { isSoak, ticksOf } from '../../verifier/core/assignment/schedule.js'
import type { ChainFacts } from '../../verifier/core/facts.js'
import { type CountedBallot, countedBallot } from '../../verifier/core/scoring/ballots.js'
import { NOTHING_CARRIED } from '../../verifier/core/scoring/carry-over.js'
import type { EvaluateInput, Evaluation } from '../../verifier/core/scoring/evaluate.js'
import { combine, isKept } from '../../verifier/core/scoring/two-tries.js'
import { makeVote } from '../../verifier/core/scoring/vote.js'
import { sessionOf } from './behaviours.js'
import { factsBy, indices } from './chain.js'
import { Chance } from './chance.js'
import { addWindow, type Figures, noFigures } from './figures.js'
import { paramsOf, type SimulatedNetwork, type World } from './network.js'
import { answered, NO_EVIDENCE } from './noise.js'
import { CORE, type Rules } from './rules.js'
import { sendersToDecide } from './strategies.js'

export interface WorldsOptions {
  readonly network: SimulatedNetwork
  readonly worlds: readonly World[]
  readonly claimKbps: number
  readonly seed: string
  readonly rules?: Rules
  /** sees what each world's epoch was made of, and what came of it */
  readonly watch?: (input: EvaluateInput, evaluation: Evaluation) => void
}

const PROVIDER = 'sampled'

/** @returns by world */
export function simulateWorlds(options: WorldsOptions): Figures[] {
  const { network, worlds, claimKbps, seed, rules = CORE } = options
  const params = paramsOf(network)
  const factsAt = factsBy({ ...network, seed: `${seed} ${network.name}`, providers: [PROVIDER], claimKbps })
  const running = worlds.map(world => new RunningWorld(world, options, params))
  for (let epoch = 1; epoch <= Math.max(...worlds.map(({ epochs }) => epochs)); epoch++) {
    const facts = factsAt(epoch)
    const assignment = rules.assign(facts, params)
    const seats = seatsOf(facts, assignment, params)
    for (const world of running) if (epoch <= world.epochs) world.run({ facts, assignment, seats })
  }
  return running.map(({ figures }) => figures)
}

/** One assigned receiver in an epoch. */
interface Seat {
  readonly receiver: number
  readonly scheduleProof: Hex
  readonly soak: boolean
  /** the senders of its tries; none if it is not due */
  readonly tries: readonly (readonly number[])[]
}

interface EpochFacts {
  readonly facts: ChainFacts
  readonly assignment: ReturnType<Rules['assign']>
  readonly seats: readonly Seat[]
}

function seatsOf(facts: ChainFacts, assignment: EpochFacts['assignment'], params: NetworkParams): Seat[] {
  const { account } = facts.providers[0]!
  return assignment.receiversOf(account).map(receiver => {
    const signature = fromHex(keccakText(`schedule of ${receiver} ${facts.beacon}`))
    // Without soaks nothing reads the proof.
    const scheduleProof = params.soakShareBps === 0 ? ZERO_HASH : providerSchedule(signature, account)
    const tries = assignment.triesOf(account, receiver).map(({ senders }) => senders)
    return { receiver, scheduleProof, soak: isSoak(scheduleProof, account, params), tries }
  })
}

class RunningWorld {
  readonly figures: Figures
  readonly epochs: number
  readonly #chance: Chance
  readonly #colluders: ReadonlySet<number>
  #previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }

  constructor(
    private readonly world: World,
    private readonly options: WorldsOptions,
    private readonly params: NetworkParams,
  ) {
    const { behaviour, strategy, share, epochs } = world
    const { network, seed } = options
    const colluders = new Chance(`${seed} ${network.name} ${share} colluders`)
    this.#colluders = new Set(
      strategy && colluders.sample(indices(network.verifiers), Math.floor(share * network.verifiers)),
    )
    this.#chance = new Chance(`${seed} ${network.name} ${share} ${behaviour.name} ${strategy?.name}`)
    this.figures = noFigures(world)
    this.epochs = epochs
  }

  run({ facts, assignment, seats }: EpochFacts): void {
    const { options, params } = this
    const { evaluate } = options.rules ?? CORE
    const isUp = !this.#chance.isTrue(this.world.behaviour.offline)
    const ballots = this.#ballots(facts, seats, isUp)
    const input = { params, facts, assignment, previous: this.#previous, ballots }
    const evaluation = evaluate(input)
    options.watch?.(input, evaluation)
    this.#previous = { ...evaluation, epoch: facts.epoch }
    this.figures.epochsUp += isUp ? 1 : 0
    if (isWindowEnd(facts.epoch, params.windowEpochs)) addWindow(this.figures, evaluation, options.claimKbps)
  }

  #ballots(facts: ChainFacts, seats: readonly Seat[], isUp: boolean): CountedBallot[] {
    const { strategy } = this.world
    const { claimKbps } = this.options
    const isSpoilt = this.#spoils(seats)
    return seats.flatMap(seat => {
      const isColluder = this.#colluders.has(seat.receiver)
      const honest = this.#honestVote(facts, seat, isUp, senders =>
        strategy && !isColluder && isSpoilt(seat, senders) ? strategy.spoilt : undefined,
      )
      const vote = strategy && isColluder ? strategy.vote(honest, claimKbps) : honest
      return vote ? [countedBallot(seat.receiver, [encodeVote(vote)])] : []
    })
  }

  /** Which sessions of honest receivers the colluding senders spoil. */
  #spoils(seats: readonly Seat[]): (seat: Seat, senders: readonly number[]) => boolean {
    const { behaviour, strategy } = this.world
    if (strategy === undefined) return () => false
    const { senders, breachBps } = this.params
    const needed = sendersToDecide(strategy, behaviour.delivers, { senders, breachShare: breachBps / 10_000 })
    const isDecided = (of: readonly number[]) => of.filter(sender => this.#colluders.has(sender)).length >= needed
    if (!strategy.keepsQuorum) return (_, of) => isDecided(of)
    const hidden = seats.filter(({ receiver, tries }) => !this.#colluders.has(receiver) && tries.every(isDecided))
    const chosen = new Set(hidden.slice(0, faultsTolerated(seats.length)))
    return seat => chosen.has(seat)
  }

  /** @param forced what the colluding senders make of a session, if they spoil it */
  #honestVote(
    facts: ChainFacts,
    seat: Seat,
    isUp: boolean,
    forced: (senders: readonly number[]) => Outcome | undefined,
  ): Vote {
    const { behaviour } = this.world
    const { claimKbps } = this.options
    const ticks = ticksOf(this.params)
    const terms = { claimKbps, breachBps: this.params.breachBps }
    const tryOf = (senders: readonly number[] | undefined) =>
      senders && {
        outcome: forced(senders) ?? sessionOf(behaviour, isUp, terms, this.#chance),
        evidence: NO_EVIDENCE,
      }
    const first = tryOf(seat.tries[0])
    const second = isKept(first) ? undefined : tryOf(seat.tries[1])
    return makeVote({
      ...{ epoch: facts.epoch, provider: facts.providers[0]!.account, receiver: seat.receiver },
      ...{ ticksSent: (1n << BigInt(ticks)) - 1n, ticksAnswered: isUp ? answered(ticks, this.#chance) : 0n },
      ...{ scheduleProof: seat.scheduleProof, soak: seat.soak, ...combine(first, second) },
    })
  }
}
