/**
 * Who measures whom in an epoch: a pure function of the beacon and of B(e), the same on every node. The draw gives each
 * provider n receivers, and each receiver k senders; `fair-order.ts` says in which order the sessions get a round, `place.ts`
 * which round that is, and `repeats.ts` in which round the second try runs. Providers that may share a link get the same
 * receivers, and each receiver measures them together (`link-groups.ts`). Several receivers at once measure a claim that is
 * too large for one (`receiver-groups.ts`).
 */
import { SILENT_SESSION_MS } from '../../../probe/constants.js'
import { encodeWords } from '../../../proto/abi.js'
import { isWindowEnd, windowStart } from '../../../proto/epoch.js'
import { keccakText, keccakWords } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import type { NetworkParams } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import { type ActiveProvider, type ChainFacts, capacitiesOf, indicesOf } from '../facts.js'
import { groupBy } from '../group-by.js'
import { Draw } from './draw.js'
import { inFairOrder, type Turn, type Waiting } from './fair-order.js'
import { linkGroups } from './link-groups.js'
import { byProvider, type DrawnSession, placeSessions, type Session } from './place.js'
import { beside, groupsOf, memberClaimKbps } from './receiver-groups.js'
import { placeRepeats } from './repeats.js'
import { drawSenders, FIRST_SENDERS, sendersEach } from './senders.js'

const RECEIVERS = keccakText('bandwitness/v1/draw/receivers')

export type { DrawnSession, Session } from './place.js'

/** A receiver of the window, as the leaf commits to it. */
export interface AssignedReceiver {
  readonly receiver: number
  /** in which its session is due; 0 if it measures in a group, where one vote alone shows nothing, or not at all */
  readonly epoch: number
}

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
  /** First tries for which no round of the epoch had room. Their receivers stay assigned and count in n. */
  readonly unplaced: readonly DrawnSession[]
  /** Rounds that the first tries take, at most half of `roundsAvailable`: each has a second try. */
  readonly rounds: number
  /** The receivers of the window: registry indices, ascending; none for an account that is no provider of the window. */
  receiversOf(provider: Hex): readonly number[]
  /** The same, each with the epoch in which it measures the provider alone. */
  assignedOf(provider: Hex): readonly AssignedReceiver[]
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

/** A provider, and the receivers that measure it. */
interface Drawn extends Waiting {
  readonly provider: ActiveProvider
  readonly receivers: readonly number[]
  readonly assigned: readonly AssignedReceiver[]
  readonly due: readonly number[]
}

export function assign(chain: ChainFacts, params: NetworkParams): Assignment {
  const facts = inOrder(chain)
  const links = linkGroups(facts)
    .map(link => drawLink(facts, params, link).filter(({ provider }) => provider.active))
    .filter(link => link.length > 0)
  const drawn = new Map(links.flat().map(one => [one.provider.account, one]))
  const sessions = inFairOrder(links, facts.beacon).map(turn => sessionsOf(facts, params, turn))
  const limits = { rounds: roundsAvailable(params), lanes: params.lanes }
  const first = placeSessions(sessions, facts.verifiers, { ...limits, rounds: Math.ceil(limits.rounds / 2) })
  const repeats = placeRepeats(facts, params, first, limits)
  const tries = groupBy([...first.sessions, ...repeats], ({ provider }) => provider)
  const limited = besideLarger(first.together)
  return {
    ...{ sessions: first.sessions, repeats, unplaced: first.unplaced, rounds: first.rounds },
    triesOf: (provider, receiver) => tries.get(provider)?.filter(one => one.receiver === receiver) ?? [],
    receiversOf: provider => drawn.get(provider)?.receivers.toSorted((a, b) => a - b) ?? [],
    assignedOf: provider => drawn.get(provider)?.assigned ?? [],
    dueOf: provider => drawn.get(provider)?.due.toSorted((a, b) => a - b) ?? [],
    groupsOf: provider => {
      const groups = drawn.get(provider)?.groups.filter(group => group.length > 1) ?? []
      return groups.map(group => group.toSorted((a, b) => a - b))
    },
    besideOf: provider => limited.get(provider)?.toSorted((a, b) => a - b) ?? [],
  }
}

/** By provider: see `Assignment.besideOf`. */
function besideLarger(together: readonly (readonly Session[])[]): Map<Hex, number[]> {
  const beside = new Map<Hex, number[]>()
  for (const sets of together.map(byProvider)) {
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

/** Merkle root over (n, receiver, epoch), as a leaf carries it. So whoever opens one receiver also learns n. */
export const assignedRoot = (assigned: readonly AssignedReceiver[]): Hex => new MerkleTree(assignedItems(assigned)).root

export const assignedItems = (assigned: readonly AssignedReceiver[]): Uint8Array[] =>
  assigned.map(({ receiver, epoch }) => encodeWords(['uint32', 'uint32', 'uint64'], [assigned.length, receiver, epoch]))

function drawReceivers(facts: ChainFacts, params: NetworkParams, { account }: ActiveProvider): number[] {
  const seed = keccakWords(['bytes32', 'bytes32', 'address', 'uint32'], [facts.windowBeacon, RECEIVERS, account, 0])
  return new Draw(seed).sample(indicesOf(facts), params.receivers)
}

/**
 * The providers of one link get the same receivers, and have their sessions at once. Each is measured by as many receivers at
 * once as its own claim needs: a neighbour with a large claim must not force it into groups. So the neighbour has fewer
 * groups, and each of them runs beside one of the provider's sessions.
 */
function drawLink(facts: ChainFacts, params: NetworkParams, link: readonly ActiveProvider[]): Drawn[] {
  const receivers = drawReceivers(facts, params, link[0]!)
  const capacityKbps = capacitiesOf(facts.verifiers)
  const quorum = 2 * Math.max(0, faultsTolerated(receivers.length)) + 1
  const drawn = link.map(({ claimKbps }) =>
    groupsOf({ receivers, claimKbps, senders: sendersEach(facts, params), capacityKbps, quorum }),
  )
  const most = drawn.reduce((base, groups) => (groups.length > base.length ? groups : base))
  return link.map((provider, i) => ({
    ...{ provider, receivers },
    ...sliceOf(beside(most, drawn[i]!), receivers, facts.epoch, params),
  }))
}

/**
 * The groups of a window are spread evenly over its epochs. Receivers without a group have no session in any of them, and
 * are due in the last. Everything that this follows from is fixed for the window, so no receiver is due twice.
 */
function sliceOf(
  groups: readonly (readonly number[])[],
  receivers: readonly number[],
  epoch: number,
  { windowEpochs }: Pick<NetworkParams, 'windowEpochs'>,
): Pick<Drawn, 'assigned' | 'due' | 'groups'> {
  const first = windowStart(epoch, windowEpochs)
  const upTo = (epochs: number) => Math.floor((epochs * groups.length) / windowEpochs)
  const sliceAt = (place: number) => groups.slice(upTo(place), upTo(place + 1))
  const slice = sliceAt(epoch - first)
  const alone = new Map<number, number>()
  for (let place = 0; place < windowEpochs; place++) {
    for (const group of sliceAt(place)) if (group.length === 1) alone.set(group[0]!, first + place)
  }
  const left = isWindowEnd(epoch, windowEpochs) ? receivers.filter(receiver => !groups.flat().includes(receiver)) : []
  const assigned = receivers.map(receiver => ({ receiver, epoch: alone.get(receiver) ?? 0 }))
  return { assigned, due: [...slice.flat(), ...left], groups: slice }
}

/** The sessions of all providers of a link in one pass. */
function sessionsOf(facts: ChainFacts, params: NetworkParams, { link, pass }: Turn<Drawn>): DrawnSession[] {
  const isGrouped = link.some(({ groups }) => (groups[pass]?.length ?? 0) > 1)
  const startsWith = isGrouped ? undefined : link[0]!.provider.account
  return link.flatMap(({ provider, groups }) => drawSessions(facts, params, provider, groups[pass] ?? [], startsWith))
}

/** One session for each member of a group. */
function drawSessions(
  facts: ChainFacts,
  params: NetworkParams,
  { account, index, claimKbps: wholeKbps }: ActiveProvider,
  members: readonly number[],
  startsWith: Hex | undefined,
): DrawnSession[] {
  const claimKbps = memberClaimKbps(wholeKbps, Math.max(1, members.length))
  const maySoak = params.soakShareBps > 0
  const sessions: DrawnSession[] = []
  for (const receiver of members) {
    const taken = sessions.flatMap(session => session.senders)
    const due = { provider: account, providerIndex: index, claimKbps, maySoak, receiver }
    const senders = drawSenders(facts, params, due, { label: FIRST_SENDERS, members, taken, used: [] })
    sessions.push({ ...due, senders, startsWith })
  }
  return sessions
}
