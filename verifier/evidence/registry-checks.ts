/**
 * Whether a transcript is of a session that its network had: who took part is asked of the chain, the rest follows from
 * the transcript itself (transcript-checks.ts).
 */

import { toHex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import { assign } from '../core/assignment/assign.js'
import { verifierOf } from '../core/facts.js'
import type { Announcement, Chain } from '../core/ports.js'
import type { CheckJson } from './schema/checks.js'
import type { ParsedTranscript } from './transcript-checks.js'

/** What of the chain says who took part in an epoch's sessions. */
export interface Registry extends Pick<Chain, 'network' | 'factsAt'> {
  /** Every announcement that stood at some time in an epoch. */
  announcedIn(epoch: number): Promise<readonly Announcement[]>
}

export async function checkRegistered(
  { transcript, network }: ParsedTranscript,
  registry: Registry,
  params: NetworkParams,
): Promise<CheckJson[]> {
  const { epoch, provider: account, receiver, senders, claimKbps, breachBps } = transcript.session
  const isOfNetwork = network.chainId === registry.network.chainId && network.contract === registry.network.contract
  const facts = isOfNetwork && epoch > 0 ? await registry.factsAt(epoch) : undefined
  if (facts === undefined) return [{ what: 'it is of this network, and of an epoch that it has had', holds: false }]

  const announced = await registry.announcedIn(epoch)
  const provider = toHex(account)
  const session = assign(facts, params).sessions.find(one => one.provider === provider && one.receiver === receiver)
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
      holds: session?.senders.join() === senders.join(),
    },
    {
      what: 'it was measured against the claim and the slashing threshold that the chain names',
      holds: session?.claimKbps === claimKbps && breachBps === params.breachBps,
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
