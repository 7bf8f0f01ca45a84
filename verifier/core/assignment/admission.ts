/** Which sessions a sender serves: those that the assignment gives it a part in, in their slots, and no others. */
import { type NetworkId, sessionIdOf } from '../../../proto/digests.js'
import type { EpochClock } from '../../../proto/epoch.js'
import { type Hex, toHex } from '../../../proto/hex.js'
import type { ProbeInvite } from '../../../proto/messages.js'
import type { ChainFacts } from '../facts.js'
import type { Assignment, Session } from './assign.js'
import { isInSlot, type SlotParams } from './slots.js'

/** The id of an assigned session under the nonce that its receiver drew. */
export const assignedSessionId = (
  network: NetworkId,
  { era, epoch, beacon }: Pick<ChainFacts, 'era' | 'epoch' | 'beacon'>,
  session: Pick<Session, 'provider' | 'receiver' | 'senders'>,
  nonce: Hex,
): Hex => sessionIdOf(network, { era, epoch }, beacon, session, nonce)

/** What a sender knows when an invitation comes. */
export interface Sender {
  /** registry index */
  readonly self: number
  readonly network: NetworkId
  readonly clock: EpochClock
  readonly params: SlotParams
  readonly facts: Pick<ChainFacts, 'era' | 'epoch' | 'beacon'>
  readonly assignment: Pick<Assignment, 'triesOf'>
  /** of the network's clock */
  readonly nowMs: number
}

/** Who asks. */
export interface Asker {
  /** at the other end of the stream */
  readonly peerId: string
  /** announced by the receiver that the invitation names; undefined if that receiver has announced none */
  readonly receiverPeerId: string | undefined
}

export type Admission =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly reason: string }

type Invitation = Pick<ProbeInvite, 'sessionId' | 'epoch' | 'provider' | 'receiver' | 'slot' | 'nonce'>

/** Whether this receiver may ask this sender for this session, or for its repeat, now. */
export function admit(invite: Invitation, asker: Asker, sender: Sender): Admission {
  const refuse = (reason: string): Admission => ({ ok: false, reason })
  const { self, network, clock, params, facts, assignment, nowMs } = sender
  if (invite.epoch !== facts.epoch) return refuse('of another epoch')
  const tries = assignment
    .triesOf(toHex(invite.provider), invite.receiver)
    .filter(({ senders }) => senders[invite.slot] === self)
  if (tries.length === 0) return refuse('not assigned to this sender')
  const session = tries.find(one => isInSlot(clock, facts.epoch, one, params, nowMs))
  if (session === undefined) return refuse('not the time of its slot')
  const expectedId = assignedSessionId(network, facts, session, toHex(invite.nonce))
  if (toHex(invite.sessionId) !== expectedId) return refuse('wrong session id')
  if (asker.receiverPeerId !== asker.peerId) return refuse('not from its receiver')
  return { ok: true, session }
}
