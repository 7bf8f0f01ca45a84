/**
 * The two sessions of a leg, at one provider: up to the exit, and down to this client. Each is opened like every session,
 * from a key of its own that is used once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { HANDSHAKE_MS, PATH_MS } from '../../probe/constants.js'
import { within } from '../../probe/deadline.js'
import { udpHostOf } from '../../probe/io/resolve-host.js'
import type { AnswerVerifier, ProviderStream, RandomSource } from '../../probe/ports.js'
import type { LegGrants } from '../../probe/tunnel/index.js'
import { type NextHop, requestOf } from '../../probe/verdict/session-shape.js'
import { type ReceiptPoint, receiptStart } from '../../probe/wire/receipts.js'
import { RelayClient } from '../../probe/wire/relay-client.js'
import type { Receipt, RelayGrant } from '../../proto/messages.js'

export interface LegRequest {
  readonly provider: AnswerVerifier
  readonly claimKbps: number
  /** opens a stream to the provider */
  readonly dial: () => Promise<ProviderStream>
  /** an address literal */
  readonly exit: NextHop
  /** where the provider reaches this client's UDP port */
  readonly own: NextHop
  /** one for each session (default: none, as strangers do) */
  readonly tokens?: readonly [up: Uint8Array, down: Uint8Array] | undefined
  readonly random: RandomSource
}

/** The provider does not take the leg. */
export class LegRefusedError extends Error {
  override readonly name = 'LegRefusedError'
}

/** A session that may carry data. */
export class PaidSession {
  readonly #start: ReceiptPoint
  #newest: Receipt | undefined
  /** told of each receipt */
  onReceipt = () => {}

  constructor(
    readonly client: RelayClient,
    start: ReceiptPoint,
  ) {
    this.#start = start
  }

  hear(receipt: Receipt): void {
    this.#newest = receipt
    this.onReceipt()
  }

  /** What the next payment names: the newest receipt, or the beginning. */
  get point(): ReceiptPoint {
    return this.#newest ?? this.#start
  }

  /** That the provider says it has forwarded, at the IP layer. */
  get invoicedBytes(): number {
    return this.#newest?.bytes ?? 0
  }
}

export interface LegSessions {
  readonly up: PaidSession
  readonly down: PaidSession
  readonly grants: LegGrants
  /** Resolves once a session has ended, or its stream. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

const SESSION_ID_BYTES = 32

/** @throws LegRefusedError, or the error of the connection */
export async function openLegSessions(request: LegRequest): Promise<LegSessions> {
  const [upToken, downToken] = request.tokens ?? []
  const opening = [openOne(request, request.exit, upToken), openOne(request, request.own, downToken)] as const
  const opened = await Promise.allSettled(opening)
  const close = async () => {
    await Promise.all(opened.map(one => (one.status === 'fulfilled' ? finish(one.value.session.client) : undefined)))
  }
  const failed = opened.find(one => one.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  const [up, down] = await Promise.all(opening)
  const grants = {
    up: { tag: up.grant.tag, to: up.to, rateKbps: up.grant.rateKbps },
    down: { tag: down.grant.tag, rateKbps: down.grant.rateKbps },
  }
  const ended = Promise.race([up.session.client.ended, down.session.client.ended])
  return { up: up.session, down: down.session, grants, ended, close }
}

interface Opened {
  readonly session: PaidSession
  readonly grant: RelayGrant
  /** the provider's UDP port */
  readonly to: NextHop
}

async function openOne(
  { provider, claimKbps, dial, own, random }: LegRequest,
  nextHop: NextHop,
  token: Uint8Array | undefined,
): Promise<Opened> {
  const sessionId = random.bytes(SESSION_ID_BYTES)
  let session: PaidSession | undefined
  const client = new RelayClient(await dial(), sessionId, receipt => session?.hear(receipt))
  try {
    const answer = await client.open(requestOf(sessionId, nextHop, claimKbps, token), provider, HANDSHAKE_MS)
    if (answer.kind === 'refuse') throw new LegRefusedError(`the provider refused, reason ${answer.refuse.reason}`)
    const { grant } = answer
    session = new PaidSession(client, receiptStart(sessionId, grant.tag))
    const to = { host: await udpHostOf(grant, client.host, own.host), port: grant.udpPort }
    if (!(await within(PATH_MS, 'path validation', client.ready)))
      throw new LegRefusedError(`the provider could not reach ${nextHop.host}:${nextHop.port}`)
    await pause(client.settlingMs)
    return { session, grant, to }
  } catch (cause) {
    await client.close()
    throw cause
  }
}

async function finish(client: RelayClient): Promise<void> {
  await client.finish()
  await client.close()
}
