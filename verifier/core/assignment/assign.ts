/**
 * Who measures whom in an epoch: a pure function of the beacon and of B(e), the same on every node. The draw gives each
 * provider n receivers, and each receiver k senders; `place.ts` says in which round each session runs, and `repeats.ts` in
 * which round its second try. Providers that may
 * share a link get the same receivers, and each receiver measures them together (`link-groups.ts`). Several receivers at
 * once measure a claim that is too large for one (`receiver-groups.ts`).
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
import { Draw } from './draw.js'
import { linkGroups } from './link-groups.js'
import { type DrawnSession, placeSessions, type Session } from './place.js'
import { type DrawnReceivers, groupSize, groupsOfSize, memberClaimKbps } from './receiver-groups.js'
import { placeRepeats } from './repeats.js'
import { drawSenders, FIRST_SENDERS, sendersEach } from './senders.js'

const RECEIVERS = keccakText('bandwitness/v1/draw/receivers')
const ORDER = keccakText('bandwitness/v1/draw/order')

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
  /** First tries for which no round of the epoch had room. Their receivers stay assigned and count in n. */
  readonly unplaced: readonly DrawnSession[]
  /** Rounds that the first tries take, at most `roundsAvailable`. */
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
}

/** A provider, and the receivers that measure it. */
interface Drawn {
  readonly provider: ActiveProvider
  readonly receivers: readonly number[]
  readonly assigned: readonly AssignedReceiver[]
  readonly due: readonly number[]
  /** of those that are due, one session for each member; the members of one group measure at once */
  readonly groups: readonly (readonly number[])[]
}

export function assign(facts: ChainFacts, params: NetworkParams): Assignment {
  const links = linkGroups(facts)
    .map(link => drawLink(facts, params, link).filter(({ provider }) => provider.active))
    .filter(link => link.length > 0)
  const drawn = new Map(links.flat().map(one => [one.provider.account, one]))
  const sessions = inFairOrder(facts, links, params)
  const limits = { rounds: roundsAvailable(params), lanes: params.lanes }
  const first = placeSessions(sessions, facts.verifiers, limits)
  return {
    ...{ sessions: first.sessions, unplaced: first.unplaced, rounds: first.rounds },
    repeats: placeRepeats(facts, params, first, limits),
    receiversOf: provider => drawn.get(provider)?.receivers.toSorted((a, b) => a - b) ?? [],
    assignedOf: provider => drawn.get(provider)?.assigned ?? [],
    dueOf: provider => drawn.get(provider)?.due.toSorted((a, b) => a - b) ?? [],
    groupsOf: provider => {
      const groups = drawn.get(provider)?.groups.filter(group => group.length > 1) ?? []
      return groups.map(group => group.toSorted((a, b) => a - b))
    },
  }
}

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
 * The providers of one link get the same receivers, in groups of one size, so that each provider has as many sessions at
 * once as its neighbours. If no group size suffices for a claim, each receiver measures alone: no round has room for
 * those sessions, and the provider stays unmeasured.
 */
function drawLink(facts: ChainFacts, params: NetworkParams, link: readonly ActiveProvider[]): Drawn[] {
  const receivers = drawReceivers(facts, params, link[0]!)
  const capacityKbps = capacitiesOf(facts.verifiers)
  const quorum = 2 * Math.max(0, faultsTolerated(receivers.length)) + 1
  const sized = link.map(provider => {
    const { claimKbps } = provider
    const of: DrawnReceivers = { receivers, claimKbps, senders: sendersEach(facts, params), capacityKbps, quorum }
    return { provider, of, size: groupSize(of) }
  })
  const size = Math.max(...sized.map(one => one.size ?? 1))
  return sized.map(({ provider, of, size: own }) => {
    const groups = own === undefined || size === 1 ? receivers.map(receiver => [receiver]) : groupsOfSize(of, size)
    return { provider, receivers, ...sliceOf(groups, receivers, facts.epoch, params) }
  })
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

/**
 * Every provider's first session, then every provider's second, and so on. The beacon draws the order of the providers
 * anew in each pass; providers of one link stay together. So if the epoch is too short, all providers lack sessions
 * alike, and none always comes last.
 */
function inFairOrder(facts: ChainFacts, links: readonly (readonly Drawn[])[], params: NetworkParams): DrawnSession[][] {
  const passes = Math.min(params.receivers, facts.verifiers.length)
  const drawn: DrawnSession[][] = []
  for (let pass = 0; pass < passes; pass++) {
    const seed = keccakWords(['bytes32', 'bytes32', 'uint32'], [facts.beacon, ORDER, pass])
    for (const link of new Draw(seed).sample(links, links.length)) {
      const isGrouped = link.some(({ groups }) => groups.some(group => group.length > 1))
      const startsWith = isGrouped ? undefined : link[0]!.provider.account
      const together = link.flatMap(({ provider, groups }) =>
        drawSessions(facts, params, provider, groups[pass] ?? [], startsWith),
      )
      if (together.length > 0) drawn.push(together)
    }
  }
  return drawn
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
