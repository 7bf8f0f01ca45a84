/**
 * Whether a transcript is of a session that its network had: who took part is asked of the chain, the rest follows from
 * the transcript itself (transcript-checks.ts).
 */

import { keccakText } from '../../proto/hash.js'
import { toHex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { assign, type Session } from '../core/assignment/assign.js'
import { type BlockFacts, verifierOf } from '../core/facts.js'
import type { Announcement, Chain } from '../core/ports.js'
import type { CheckJson } from './schema/checks.js'
import type { ParsedTranscript } from './transcript-checks.js'

/** What of the chain says who took part in an epoch's sessions. */
export interface Registry extends Pick<Chain, 'network' | 'factsAt'> {
  /** The peers that nodes had announced at some time in an epoch, each until its node announced another. */
  announcedIn(epoch: number): Promise<readonly Pick<Announcement, 'role' | 'index' | 'peerId'>[]>
}

/**
 * A session that the assignment may have given these parties. The leaves that tell links are no part of a transcript, and
 * providers of one link have one provider's receivers. So every provider may be the one on whose link this one is. Whether
 * the receiver was assigned at all shows when its vote is counted (`recompute.ts`).
 */
function assignedSession(
  facts: BlockFacts,
  params: NetworkParams,
  { provider, receiver, senders }: Pick<Session, 'provider' | 'receiver' | 'senders'>,
): Session | undefined {
  const own = facts.providers.filter(({ account }) => account === provider)
  const sessionBeside = (neighbours: BlockFacts['providers']): Session | undefined => {
    const linked = [...neighbours, ...own].sort((a, b) => a.index - b.index).map(one => ({ ...one, link: ONE_LINK }))
    const { sessions, repeats } = assign({ ...facts, providers: linked }, params)
    return [...sessions, ...repeats].find(
      one => one.provider === provider && one.receiver === receiver && one.senders.join() === senders.join(),
    )
  }
  const alone = sessionBeside([])
  if (alone !== undefined) return alone
  for (const neighbour of facts.providers) {
    const session = own.includes(neighbour) ? undefined : sessionBeside([neighbour])
    if (session !== undefined) return session
  }
  return undefined
}

const ONE_LINK = keccakText('one link')

export async function checkRegistered(
  { transcript, network }: ParsedTranscript,
  registry: Registry,
  params: NetworkParams,
): Promise<CheckJson[]> {
  const { epoch, provider: account, receiver, senders, claimKbps, breachBps, yieldMs } = transcript.session
  const isOfNetwork = network.chainId === registry.network.chainId && network.contract === registry.network.contract
  const facts = isOfNetwork && epoch > 0 ? await registry.factsAt(epoch) : undefined
  if (facts === undefined) return [{ what: 'it is of this network, and of an epoch that it has had', holds: false }]

  const announced = await registry.announcedIn(epoch)
  const provider = toHex(account)
  const session = assignedSession(facts, params, { provider, receiver, senders })
  const isPeerOf = (verifier: number, peerId: string) =>
    announced.some(one => one.role === 'verifier' && one.index === verifier && one.peerId === peerId)
  // Nobody's key: of a node that had announced none, so that nothing was taken that it would have had to sign.
  const isKnown = (peerId: string, isPeer: (peerId: string) => boolean) => peerId === '' || isPeer(peerId)
  return [
    {
      what: 'era and beacon are those of its epoch on the chain',
      holds: transcript.era === facts.era && toHex(transcript.beacon) === facts.beacon,
    },
    {
      what: 'its receiver was assigned this session, with these senders',
      holds: session !== undefined,
    },
    {
      what: 'it was measured against the claim and the slashing threshold that the chain names, for as long as it must be',
      holds: session?.claimKbps === claimKbps && breachBps === params.breachBps && yieldMs === params.yieldMs,
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
}
