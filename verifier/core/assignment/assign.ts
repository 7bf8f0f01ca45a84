/**
 * Who measures whom in an epoch: a pure function of the beacon and of B(e), the same on every node. The draw gives each
 * provider n receivers, and each receiver k senders; `fair-order.ts` says in which order the sessions get a round, `place.ts`
 * which round that is, and `repeats.ts` in which round the second try runs. Providers that may share a link get the same
 * receivers, and each receiver measures them together (`link-groups.ts`). Several receivers at once measure a claim that is
 * too large for one (`receiver-groups.ts`).
 */
import { SILENT_SESSION_MS } from '../../../probe/constants.js'
import { isWindowEnd, windowStart } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { NetworkParams } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import { type ActiveProvider, type ChainFacts, capacitiesOf, indicesOf } from '../facts.js'
import { groupBy } from '../group-by.js'
import { type AssignedReceiver, AssignedRoots } from './assigned.js'
import { Draws } from './draw.js'
import { Drawn, sliceAt } from './drawn.js'
import { inFairOrder, type Turns } from './fair-order.js'
import { linkGroups } from './link-groups.js'
import { byProvider, type DrawnSession, type Items, placeSessions, type Session } from './place.js'
import { beside, type DrawnReceivers, eachAlone, groupsOf, memberClaimKbps } from './receiver-groups.js'
import { placeRepeats } from './repeats.js'
import { FIRST_SENDERS, REPEAT_SENDERS, SenderDraws, sendersEach } from './senders.js'

const RECEIVERS = keccakText('bandwitness/v1/draw/receivers')

export type { DrawnSession, Session } from './place.js'

export interface Assignment {
  /** first tries, ascending by round */
  readonly sessions: readonly Session[]
  /**
   * Second tries, ascending by round (see `repeats.ts`): the same provider and receiver, with other senders. A session for
   * whose repeat no round had room has none.
   */
  readonly repeats: readonly Session[]
  /** The sessions of a receiver with a provider: the first try, and the second if it has one. */
  triesOf(provider: Hex, receiver: number): readonly Session[]
  /** All sessions of a receiver, ascending by round. */
  triesBy(receiver: number): { readonly first: readonly Session[]; readonly repeats: readonly Session[] }
  /**
   * First tries for which no round of the epoch had room, drawn again whenever somebody asks. Their receivers stay assigned
   * and count in n.
   */
  readonly unplaced: readonly DrawnSession[]
  /** Rounds that the first tries take, at most half of `roundsAvailable`: each has a second try. */
  readonly rounds: number
  /** The receivers of the window: registry indices, ascending; none for an account that is no provider of the window. */
  receiversOf(provider: Hex): readonly number[]
  /** The same, each with the epoch in which it measures the provider alone. */
  assignedOf(provider: Hex): readonly AssignedReceiver[]
  /** `assignedRoot` of those. */
  assignedRootOf(provider: Hex): Hex
  /** Those whose session is due in this epoch, ascending: each is due in one epoch of the window. */
  dueOf(provider: Hex): readonly number[]
  /**
   * The groups of receivers that measure the claim together in this epoch, each ascending; none if each receiver measures
   * it alone.
   */
  groupsOf(provider: Hex): readonly (readonly number[])[]
  /**
   * Those whose first try runs at once with that of a neighbour on the link that has more receivers at once, ascending. What
   * they read is what the neighbour leaves, and the other receivers read the link without the neighbour.
   */
  besideOf(provider: Hex): readonly number[]
}

/** @param roots of an earlier epoch, to save the hashes of the same window */
export function assign(chain: ChainFacts, params: NetworkParams, roots = new AssignedRoots()): Assignment {
  const facts = inOrder(chain)
  const all = indicesOf(facts)
  const links = drawLinks(facts, params)
  const drawn = new Map<Hex, Drawn>()
  for (const link of links) for (const one of link) drawn.set(one.provider.account, one)
  const draws = new SenderDraws(facts, params, FIRST_SENDERS)
  const items = itemsOf(links, inFairOrder(links, facts.beacon), draws, params)
  const limits = { rounds: roundsAvailable(params), lanes: params.lanes }
  const first = placeSessions(items, facts.verifiers, { ...limits, rounds: Math.ceil(limits.rounds / 2) })
  const repeats = placeRepeats(facts, new SenderDraws(facts, params, REPEAT_SENDERS), first, limits)
  const limited = besideLarger(first.together)
  let tries: ReadonlyMap<Hex, readonly Session[]> | undefined
  const epochs = new DueEpochs(facts.epoch, params)
  return {
    ...{ sessions: first.sessions, repeats, rounds: first.rounds },
    get unplaced() {
      return first.unplaced()
    },
    triesOf: (provider, receiver) => {
      tries ??= groupBy([...first.sessions, ...repeats], session => session.provider)
      return tries.get(provider)?.filter(one => one.receiver === receiver) ?? []
    },
    triesBy: receiver => ({
      first: first.sessions.filter(one => one.receiver === receiver),
      repeats: repeats.filter(one => one.receiver === receiver),
    }),
    receiversOf: provider => {
      const one = drawn.get(provider)
      if (one === undefined) return []
      return one.receivers.length === all.length ? all : one.receivers.toSorted(ascending)
    },
    assignedOf: provider => {
      const one = drawn.get(provider)
      return one === undefined ? [] : epochs.of(one).map((epoch, i) => ({ receiver: one.receivers[i]!, epoch }))
    },
    assignedRootOf: provider => {
      const one = drawn.get(provider)
      return one === undefined ? ZERO_HASH : roots.of(provider, one.receivers, epochs.of(one))
    },
    dueOf: provider => {
      const one = drawn.get(provider)
      return one === undefined ? [] : dueOf(one, facts.epoch, params).sort(ascending)
    },
    groupsOf: provider => {
      const one = drawn.get(provider)
      return one?.ofWindow === undefined ? NO_GROUPS : one.groups.map(group => group.toSorted(ascending))
    },
    besideOf: provider => limited.get(provider)?.toSorted(ascending) ?? [],
  }
}

/** Whether a receiver is due to measure a provider in the epoch. `assign` says so as well, but first gives all sessions a round. */
export function isDue(chain: ChainFacts, params: NetworkParams, provider: Hex, receiver: number): boolean {
  const drawn = drawLinks(inOrder(chain), params).flat()
  return drawn.some(one => one.provider.account === provider && dueOf(one, chain.epoch, params).includes(receiver))
}

const NO_GROUPS: readonly (readonly number[])[] = []

const ascending = (a: number, b: number): number => a - b

/** By provider: see `Assignment.besideOf`. */
function besideLarger(together: readonly (readonly Session[])[]): Map<Hex, number[]> {
  const beside = new Map<Hex, number[]>()
  for (const sets of together.map(byProvider)) {
    if (sets.length === 1) continue
    const most = Math.max(...sets.map(({ length }) => length))
    for (const own of sets.filter(({ length }) => length < most)) {
      const { provider } = own[0]!
      beside.set(provider, [...(beside.get(provider) ?? []), ...own.map(({ receiver }) => receiver)])
    }
  }
  return beside
}

/** The facts are the same in whatever order they come. */
const inOrder = (facts: ChainFacts): ChainFacts => ({
  ...facts,
  verifiers: facts.verifiers.toSorted((a, b) => a.index - b.index),
  providers: facts.providers.toSorted((a, b) => a.index - b.index),
})

/**
 * Rounds of `slotMs` between the lead and the end of the epoch. A session of the last round, too, must end in the epoch if
 * nothing arrives: else no second try could ever show that a provider is dead.
 */
export const roundsAvailable = ({ epochSeconds, leadMs, slotMs }: RoundsParams): number =>
  Math.max(0, Math.floor((epochSeconds * 1000 - leadMs - tailMs(slotMs)) / slotMs))

export type RoundsParams = Pick<NetworkParams, 'epochSeconds' | 'leadMs' | 'slotMs'>

/** What a silent session of the last slot takes beyond its slot. */
export const tailMs = (slotMs: number): number => Math.max(0, SILENT_SESSION_MS - slotMs)

/** The active providers of each link. */
function drawLinks(facts: ChainFacts, params: NetworkParams): Drawn[][] {
  const draws = new Draws(facts.windowBeacon, RECEIVERS)
  const indices = indicesOf(facts)
  const [senders, capacityKbps] = [sendersEach(facts, params), capacitiesOf(facts.verifiers)]
  const links: Drawn[][] = []
  for (const link of linkGroups(facts)) {
    const receivers = draws.of(link[0]!.account, 0).sample(indices, params.receivers)
    const drawn = drawLink(facts.epoch, params, link, { receivers, senders, capacityKbps })
    const active = drawn.filter(({ provider }) => provider.active)
    if (active.length > 0) links.push(active)
  }
  return links
}

/**
 * The providers of one link get the same receivers, and have their sessions at once. Each is measured by as many receivers at
 * once as its own claim needs: a neighbour with a large claim must not force it into groups. So the neighbour has fewer
 * groups, and each of them runs beside one of the provider's sessions.
 */
function drawLink(
  epoch: number,
  params: NetworkParams,
  link: readonly ActiveProvider[],
  common: Omit<DrawnReceivers, 'claimKbps' | 'quorum'>,
): Drawn[] {
  const { receivers, senders, capacityKbps } = common
  const quorum = 2 * Math.max(0, faultsTolerated(receivers.length)) + 1
  const grouped = link.map(({ claimKbps }) => groupsOf({ receivers, senders, capacityKbps, claimKbps, quorum }))
  const place = epoch - windowStart(epoch, params.windowEpochs)
  const drawn = (provider: ActiveProvider, ofWindow: Drawn['ofWindow']) =>
    new Drawn(provider, receivers, ofWindow, place, params)
  if (grouped.every(groups => groups === undefined)) return link.map(provider => drawn(provider, undefined))
  const all = grouped.map(groups => groups ?? eachAlone(receivers))
  const most = all.reduce((base, groups) => (groups.length > base.length ? groups : base))
  return link.map((provider, i) => drawn(provider, beside(most, all[i]!)))
}

/** In which epoch of the window each receiver is due by itself, at the same places; 0 for one in a group or without any. */
class DueEpochs {
  /** of receivers that all measure alone, by their number */
  readonly #alone = new Map<number, readonly number[]>()

  constructor(
    private readonly epoch: number,
    private readonly params: Pick<NetworkParams, 'windowEpochs'>,
  ) {}

  of(drawn: Drawn): readonly number[] {
    if (drawn.ofWindow !== undefined) return this.#epochsOf(drawn)
    const n = drawn.receivers.length
    const alone = this.#alone.get(n) ?? this.#epochsOf(drawn)
    this.#alone.set(n, alone)
    return alone
  }

  #epochsOf({ receivers, ofWindow }: Drawn): number[] {
    const { windowEpochs } = this.params
    const first = windowStart(this.epoch, windowEpochs)
    const groups = ofWindow ?? eachAlone(receivers)
    const alone = new Map<number, number>()
    for (let place = 0; place < windowEpochs; place++) {
      for (const group of groups.slice(...sliceAt(groups.length, place, this.params)))
        if (group.length === 1) alone.set(group[0]!, first + place)
    }
    return receivers.map(receiver => alone.get(receiver) ?? 0)
  }
}

function dueOf(drawn: Drawn, epoch: number, params: NetworkParams): number[] {
  const { ofWindow, receivers, inGroups } = drawn
  if (ofWindow === undefined || !isWindowEnd(epoch, params.windowEpochs)) return inGroups
  const grouped = new Set(ofWindow.flat())
  return [...inGroups, ...receivers.filter(receiver => !grouped.has(receiver))]
}

/** In each item the sessions of all providers of a link in one pass. */
function itemsOf(
  links: readonly (readonly Drawn[])[],
  turns: Turns,
  draws: SenderDraws,
  params: NetworkParams,
): Required<Pick<Items, 'count' | 'sessionsOf' | 'isHopeless'>> {
  const turnOf = (item: number) => [links[turns.links[item]!]!, turns.passes[item]!] as const
  return {
    count: turns.links.length,
    sessionsOf: item => sessionsOf(draws, params, ...turnOf(item)),
    isHopeless: (item, rounds) => {
      const [link, pass] = turnOf(item)
      return link.every(one => {
        const group = one.groupOf(pass)
        if (group.length === 0) return true
        const leastKbps = draws.leastReceiverKbps(memberClaimKbps(one.provider.claimKbps, group.length))
        return group.some(receiver => !rounds.hasRoom(receiver, leastKbps))
      })
    },
  }
}

function sessionsOf(draws: SenderDraws, params: NetworkParams, link: readonly Drawn[], pass: number): DrawnSession[] {
  const startsWith = link.some(one => one.sizeOf(pass) > 1) ? undefined : link[0]!.provider.account
  return link.flatMap(one => drawSessions(draws, params, one.provider, one.groupOf(pass), startsWith))
}

/** One session for each member of a group. */
function drawSessions(
  draws: SenderDraws,
  params: NetworkParams,
  { account, index, claimKbps: wholeKbps }: ActiveProvider,
  members: readonly number[],
  startsWith: Hex | undefined,
): DrawnSession[] {
  const claimKbps = memberClaimKbps(wholeKbps, Math.max(1, members.length))
  const maySoak = params.soakShareBps > 0
  const taken: number[] = []
  return members.map(receiver => {
    const due = { provider: account, providerIndex: index, claimKbps, maySoak, receiver }
    const senders = draws.of(due, { members, taken, used: [] })
    taken.push(...senders)
    return { ...due, senders, startsWith }
  })
}
