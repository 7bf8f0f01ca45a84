/** A user's session with the relay: opened as every session is, perhaps in a lane, and paid for at each receipt. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { PaidSession } from '../../../market/client/leg-sessions.js'
import { Payer } from '../../../market/client/payer.js'
import type { Purse } from '../../../market/client/purse.js'
import { HANDSHAKE_MS } from '../../../probe/constants.js'
import type { ProviderStream } from '../../../probe/ports.js'
import { systemRandom } from '../../../probe/system.js'
import { requestOf } from '../../../probe/verdict/session-shape.js'
import { receiptStart } from '../../../probe/wire/receipts.js'
import { RelayClient } from '../../../probe/wire/relay-client.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import type { RelayGrant } from '../../../proto/messages.js'
import { signLaneSession } from '../../../verifier/chain/lane-signatures.js'
import { providerAnswers } from '../../lab/session.js'
import { framed } from '../framed-stream.js'
import { LANES_FILE, laneOf } from './chain-facts.js'
import { CLAIM_KBPS } from './plan.js'
import type { Address, NumberedUser } from './role-messages.js'

const SESSION_ID_BYTES = 32

export interface OpenSession {
  readonly session: PaidSession
  readonly grant: RelayGrant
}

export async function dial(relay: Address): Promise<ProviderStream> {
  const socket = connect(relay)
  await once(socket, 'connect')
  return framed(socket)
}

/** @param own next hop of the session. @throws Error if the relay does not take it */
export async function openSession(user: NumberedUser, relay: Address, own: Address): Promise<OpenSession> {
  const { traffic } = user
  const sessionId = systemRandom.bytes(SESSION_ID_BYTES)
  let session: PaidSession | undefined
  const client = new RelayClient(await dial(relay), sessionId, receipt => session?.hear(receipt))
  const lane = traffic === 'lane' ? inLane(laneOf(user).id, user.key, sessionId) : {}
  const request = { ...requestOf(sessionId, own, CLAIM_KBPS), ...lane }
  const answer = await client.open(request, providerAnswers, HANDSHAKE_MS)
  if (answer.kind === 'refuse') throw new Error(`the relay refused a ${traffic} session: ${answer.refuse.reason}`)
  const { grant } = answer
  session = new PaidSession(client, receiptStart(sessionId, grant.tag))
  if (!(await client.ready)) throw new Error(`the relay could not reach ${own.host}:${own.port}`)
  void client.ended.then(() => {
    throw new Error(`the relay ended a ${traffic} session`)
  })
  return { session, grant }
}

const inLane = (id: Hex, key: Hex, sessionId: Uint8Array) => ({
  lane: fromHex(id),
  laneSignature: signLaneSession(LANES_FILE, key, { id, sessionId }),
})

/** Pays at each receipt. @param id of the channel. @param arrivedBytes of the session */
export function payerOf(session: PaidSession, purse: Purse, id: Hex, arrivedBytes: () => number): Payer {
  const payer = new Payer({
    ...{ purse, id: () => id, point: () => session.point, provenBytes: arrivedBytes },
    send: counter => session.client.handOver(counter),
    onEmpty: () => {
      throw new Error('a channel of the bench is empty')
    },
  })
  session.onReceipt = () => void payer.pay()
  return payer
}
