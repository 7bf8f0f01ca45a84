/**
 * Whether a transcript is of a session that its network had: who took part is asked of the chain, the rest follows from
 * the transcript itself (transcript-checks.ts).
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { keccakText } from '../../proto/hash.js'
import { toHex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { assign, isDue, type Session } from '../core/assignment/assign.js'
import { type BlockFacts, verifierOf } from '../core/facts.js'
import type { Announcement, Chain } from '../core/ports.js'
import type { CheckJson } from './schema/checks.js'
import type { ParsedTranscript } from './transcript-checks.js'

/** What of the chain says who took part in an epoch's sessions. */
export interface Registry extends Pick<Chain, 'network' | 'factsAt'> {
  /** The peers that nodes had announced at some time in an epoch, each until its node announced another. */
  announcedIn(epoch: number): Promise<readonly Pick<Announcement, 'role' | 'index' | 'peerId'>[]>
}

/** Who took part, beside the chain. */
export interface PartyChecks {
  readonly checks: readonly CheckJson[]
  /** of the session's epoch; undefined if this network has not had it */
  readonly facts: BlockFacts | undefined
}

export async function checkParties(
  { transcript, network }: ParsedTranscript,
  registry: Registry,
): Promise<PartyChecks> {
  const { epoch, provider, receiver, senders } = transcript.session
  const isOfNetwork = network.chainId === registry.network.chainId && network.contract === registry.network.contract
  const facts = isOfNetwork && epoch > 0 ? await registry.factsAt(epoch) : undefined
  const what = 'it is of this network, and of an epoch that it has had'
  if (facts === undefined) return { facts, checks: [{ what, holds: false }] }

  const announced = await registry.announcedIn(epoch)
  const isPeerOf = (verifier: number, peerId: string) =>
    announced.some(one => one.role === 'verifier' && one.index === verifier && one.peerId === peerId)
  // Nobody's key: of a node that had announced none, so that nothing was taken that it would have had to sign.
  const isKnown = (peerId: string, isPeer: (peerId: string) => boolean) => peerId === '' || isPeer(peerId)
  const checks = [
    {
      what: 'era and beacon are those of its epoch on the chain',
      holds: transcript.era === facts.era && toHex(transcript.beacon) === facts.beacon,
    },
    {
      what: 'its provider is active in the epoch, and its verifiers are of the frozen set',
      holds:
        facts.providers.some(({ account, active }) => active && account === toHex(provider)) &&
        [receiver, ...senders].every(index => verifierOf(facts, index) !== undefined),
    },
    {
      what: 'the receiver’s account and peer are the registered ones',
      holds:
        verifierOf(facts, receiver)?.account === toHex(transcript.receiverAccount) &&
        isPeerOf(receiver, transcript.receiverPeer),
    },
    {
      what: 'the senders’ peers are the registered ones',
      holds: senders.every((sender, slot) =>
        isKnown(transcript.senderPeers[slot] ?? '', peerId => isPeerOf(sender, peerId)),
      ),
    },
  ]
  return { facts, checks }
}

export async function checkAssigned(
  { transcript }: ParsedTranscript,
  facts: BlockFacts,
  params: NetworkParams,
): Promise<CheckJson[]> {
  const { provider: account, receiver, senders, claimKbps, breachBps, yieldMs } = transcript.session
  const session = await assignedSession(facts, params, { provider: toHex(account), receiver, senders })
  return [
    {
      what: 'its receiver was assigned this session, with these senders',
      holds: session !== undefined,
    },
    {
      what: 'it was measured against the claim and the slashing threshold that the chain names, for as long as it must be',
      holds: session?.claimKbps === claimKbps && breachBps === params.breachBps && yieldMs === params.yieldMs,
    },
  ]
}

/** Of a session of other parties nobody need look for the assignment. */
export async function checkRegistered(
  parsed: ParsedTranscript,
  registry: Registry,
  params: NetworkParams,
): Promise<readonly CheckJson[]> {
  const { facts, checks } = await checkParties(parsed, registry)
  if (facts === undefined || !checks.every(({ holds }) => holds)) return checks
  return [...checks, ...(await checkAssigned(parsed, facts, params))]
}

/**
 * A session that the assignment may have given these parties. The leaves that tell links are no part of a transcript, and
 * providers of one link have one provider's receivers. So every provider may be the one on whose link this one is. Whether
 * the receiver was assigned at all shows when its vote is counted (`recompute.ts`). Of a thousand providers the search takes
 * long, so it gives way before each of them.
 */
async function assignedSession(
  facts: BlockFacts,
  params: NetworkParams,
  { provider, receiver, senders }: Pick<Session, 'provider' | 'receiver' | 'senders'>,
): Promise<Session | undefined> {
  const own = facts.providers.filter(({ account }) => account === provider)
  const sessionBeside = (neighbours: BlockFacts['providers']): Session | undefined => {
    const linked = [...neighbours, ...own].sort((a, b) => a.index - b.index).map(one => ({ ...one, link: ONE_LINK }))
    const beside = { ...facts, providers: linked }
    if (!isDue(beside, params, provider, receiver)) return undefined
    const { sessions, repeats } = assign(beside, params)
    return [...sessions, ...repeats].find(
      one => one.provider === provider && one.receiver === receiver && one.senders.join() === senders.join(),
    )
  }
  const alone = sessionBeside([])
  if (alone !== undefined) return alone
  for (const neighbour of facts.providers) {
    await nextTurn()
    const session = own.includes(neighbour) ? undefined : sessionBeside([neighbour])
    if (session !== undefined) return session
  }
  return undefined
}

const ONE_LINK = keccakText('one link')
