/**
 * What a verifier needs of an assignment while it measures, and the form in which one thread hands it to another: numbers in
 * a few pieces of memory, which move without a copy. The sessions of a large network are many, and a verifier looks at few.
 */
import type { Hex } from '../../../proto/hex.js'
import type { ChainFacts } from '../facts.js'
import type { Assignment } from './assign.js'
import type { AssignedReceiver } from './assigned.js'
import type { Session } from './place.js'

export type Plan = Pick<
  Assignment,
  'rounds' | 'triesOf' | 'triesBy' | 'measuredBy' | 'receiversOf' | 'assignedOf' | 'groupsOf'
>

export interface PackedPlan {
  readonly rounds: number
  readonly first: Uint32Array
  readonly repeats: Uint32Array
  /** of all providers, one after the other: receivers, in the order of the draw */
  readonly receivers: Uint32Array
  /** the epochs in which they are due */
  readonly epochs: Uint32Array
  /** where the receivers of each provider begin, and at the end their number */
  readonly receiversAt: Uint32Array
  /** by the place of the provider */
  readonly groups: ReadonlyMap<number, readonly (readonly number[])[]>
}

type Providers = ChainFacts['providers']

/** What moves to another thread without a copy. */
export const memoryOf = ({ first, repeats, receivers, epochs, receiversAt }: PackedPlan): ArrayBuffer[] =>
  [first, repeats, receivers, epochs, receiversAt].map(({ buffer }) => buffer as ArrayBuffer)

/** @param providers of the facts. The other thread must have them in the same order */
export function packPlan(assignment: Assignment, providers: Providers): PackedPlan {
  const places = new Map(providers.map(({ account }, place) => [account, place]))
  const receiversAt = new Uint32Array(providers.length + 1)
  for (const [place, { account }] of providers.entries())
    receiversAt[place + 1] = receiversAt[place]! + assignment.assignedOf(account).length
  // Millions of receivers: those of all providers are never there as objects.
  const [receivers, epochs] = [new Uint32Array(receiversAt.at(-1)!), new Uint32Array(receiversAt.at(-1)!)]
  const groups = new Map<number, readonly (readonly number[])[]>()
  for (const [place, { account }] of providers.entries()) {
    for (const [i, { receiver, epoch }] of assignment.assignedOf(account).entries()) {
      receivers[receiversAt[place]! + i] = receiver
      epochs[receiversAt[place]! + i] = epoch
    }
    const own = assignment.groupsOf(account)
    if (own.length > 0) groups.set(place, own)
  }
  return {
    ...{ rounds: assignment.rounds, receiversAt, receivers, epochs, groups },
    first: packSessions(assignment.sessions, places),
    repeats: packSessions(assignment.repeats, places),
  }
}

/** Numbers before the senders of a session; then come the most senders that any has. */
const HEAD = 7
const NO_ONE = 0xffffffff

/** The first number is how many each session takes. */
function packSessions(sessions: readonly Session[], places: ReadonlyMap<Hex, number>): Uint32Array {
  const stride = HEAD + sessions.reduce((most, { senders }) => Math.max(most, senders.length), 0)
  const packed = new Uint32Array(1 + stride * sessions.length)
  packed[0] = stride
  for (const [i, session] of sessions.entries()) {
    const { provider, receiver, claimKbps, maySoak, startsWith, round, senders } = session
    const starter = startsWith === undefined ? NO_ONE : places.get(startsWith)!
    const head = [places.get(provider)!, receiver, claimKbps, maySoak ? 1 : 0, starter, round, senders.length]
    packed.set([...head, ...senders], 1 + i * stride)
  }
  return packed
}

/** @param providers of the facts, as they were packed */
export function unpackPlan(packed: PackedPlan, providers: Providers): Plan {
  const places = new Map(providers.map(({ account }, place) => [account, place]))
  const [first, repeats] = [new PackedSessions(packed.first, providers), new PackedSessions(packed.repeats, providers)]
  const assignedOf = (provider: Hex): AssignedReceiver[] => {
    const place = places.get(provider)
    if (place === undefined) return []
    const [from, to] = [packed.receiversAt[place]!, packed.receiversAt[place + 1]!]
    return Array.from(packed.receivers.subarray(from, to), (receiver, i) => ({
      receiver,
      epoch: packed.epochs[from + i]!,
    }))
  }
  return {
    rounds: packed.rounds,
    assignedOf,
    measuredBy: receiver =>
      providers.flatMap(({ account }, place) => {
        const [from, to] = [packed.receiversAt[place]!, packed.receiversAt[place + 1]!]
        return packed.receivers.subarray(from, to).includes(receiver) ? [account] : []
      }),
    receiversOf: provider =>
      assignedOf(provider)
        .map(({ receiver }) => receiver)
        .sort((a, b) => a - b),
    groupsOf: provider => packed.groups.get(places.get(provider) ?? NO_ONE) ?? [],
    triesOf: (provider, receiver) => {
      const place = places.get(provider)
      return place === undefined ? [] : [...first.of(place, receiver), ...repeats.of(place, receiver)]
    },
    triesBy: receiver => ({ first: first.by(receiver), repeats: repeats.by(receiver) }),
  }
}

class PackedSessions {
  readonly #stride: number
  /** the sessions by provider, and where those of each provider begin; made when somebody asks */
  #index: { readonly order: Uint32Array; readonly startsAt: Uint32Array } | undefined

  constructor(
    private readonly packed: Uint32Array,
    private readonly providers: Providers,
  ) {
    this.#stride = packed[0]!
  }

  /** Of a receiver with the provider at a place. */
  of(place: number, receiver: number): Session[] {
    this.#index ??= this.#byProvider()
    const { order, startsAt } = this.#index
    const own = order.subarray(startsAt[place]!, startsAt[place + 1]!)
    return Array.from(
      own.filter(i => this.#receiverOf(i) === receiver),
      i => this.#session(i),
    )
  }

  /** Of a receiver, ascending by round. */
  by(receiver: number): Session[] {
    const sessions: Session[] = []
    for (let i = 0; i < this.#count; i++) if (this.#receiverOf(i) === receiver) sessions.push(this.#session(i))
    return sessions
  }

  get #count(): number {
    return (this.packed.length - 1) / this.#stride
  }

  #receiverOf = (i: number): number => this.packed[1 + i * this.#stride + 1]!

  #byProvider() {
    const startsAt = new Uint32Array(this.providers.length + 1)
    const placeOf = (i: number) => this.packed[1 + i * this.#stride]!
    for (let i = 0; i < this.#count; i++) startsAt[placeOf(i) + 1]!++
    for (let place = 0; place < this.providers.length; place++) startsAt[place + 1]! += startsAt[place]!
    const [next, order] = [startsAt.slice(), new Uint32Array(this.#count)]
    for (let i = 0; i < this.#count; i++) order[next[placeOf(i)]!++] = i
    return { order, startsAt }
  }

  #session(i: number): Session {
    const at = 1 + i * this.#stride
    const [place, receiver, claimKbps, maySoak, starter, round, k] = this.packed.subarray(at, at + HEAD)
    const { account, index } = this.providers[place!]!
    return {
      ...{ provider: account, providerIndex: index, claimKbps: claimKbps!, maySoak: maySoak === 1 },
      ...{ receiver: receiver!, senders: [...this.packed.subarray(at + HEAD, at + HEAD + k!)] },
      ...{ startsWith: starter === NO_ONE ? undefined : this.providers[starter!]!.account, round: round! },
    }
  }
}
