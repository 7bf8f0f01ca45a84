/**
 * The two sessions of a leg, at one provider: up to the exit, and down to this client. Each is opened like every session,
 * from a key of its own that is used once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { HANDSHAKE_MS, PATH_MS } from '../../probe/constants.js'
import { within } from '../../probe/deadline.js'
import { udpHostOf } from '../../probe/io/resolve-host.js'
import { REFUSE } from '../../probe/plane/forwarding.js'
import type { AnswerVerifier, ProviderStream, RandomSource } from '../../probe/ports.js'
import type { LegGrants } from '../../probe/tunnel/index.js'
import { type NextHop, requestOf } from '../../probe/verdict/session-shape.js'
import { type ReceiptPoint, receiptStart } from '../../probe/wire/receipts.js'
import { REFUSE_NAME } from '../../probe/wire/refuse-reasons.js'
import { RelayClient } from '../../probe/wire/relay-client.js'
import { fromHex } from '../../proto/hex.js'
import type { Receipt, RelayGrant } from '../../proto/messages.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import type { LegLane } from './client-lanes.js'

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
  /** that both sessions use (default: none) */
  readonly lane?: LegLane | undefined
  readonly random: RandomSource
  /** hears whether the provider reaches this client's UDP port, if it tried (default: nobody does) */
  readonly onTriedOwn?: (isReached: boolean) => void
}

/** The provider does not take the leg. */
export class LegRefusedError extends Error {
  override readonly name = 'LegRefusedError'

  /** @param reason as the provider gave it */
  constructor(readonly reason: number) {
    super(`the provider refused (${REFUSE_NAME.get(reason) ?? `reason ${reason}`})`)
  }
}

/** Refusals for the next hop's address. */
const UNREACHABLE: ReadonlySet<number> = new Set([REFUSE.malformed, REFUSE.nextHop, REFUSE.family])

/** The provider's challenges of a next hop got no answer. */
class UnreachedError extends Error {
  override readonly name = 'UnreachedError'

  constructor({ host, port }: NextHop) {
    super(`the provider could not reach ${host}:${port}`)
  }
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
/** Between two tries to use a lane that the provider has not seen yet. */
const LANE_AGAIN_MS = 1000
/** Of a lane's rate, in each direction: the other direction's acknowledgements need the rest. */
const LANE_SHARE = 0.9

/** The relay may not send to the address, or got no answer from there. */
const isUnreached = (error: unknown): boolean =>
  error instanceof UnreachedError || (error instanceof LegRefusedError && UNREACHABLE.has(error.reason))

/** @throws LegRefusedError; UnreachedError, of this client's own port first; or the error of the connection */
export async function openLegSessions(request: LegRequest): Promise<LegSessions> {
  const [upToken, downToken] = request.tokens ?? []
  const opening = [openOne(request, request.exit, upToken), openOne(request, request.own, downToken)] as const
  const opened = await Promise.allSettled(opening)
  const [toExit, toOwn] = opened
  const isOwnUnreached = toOwn.status === 'rejected' && isUnreached(toOwn.reason)
  if (toOwn.status === 'fulfilled' || isOwnUnreached) request.onTriedOwn?.(!isOwnUnreached)
  const close = async () => {
    await Promise.all(opened.map(one => (one.status === 'fulfilled' ? finish(one.value.session.client) : undefined)))
  }
  const failed = [toOwn, toExit].find(one => one.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  const [up, down] = await Promise.all(opening)
  const paceKbps = ({ rateKbps }: RelayGrant) =>
    request.lane === undefined ? rateKbps : Math.min(rateKbps, Math.floor(request.lane.kbps * LANE_SHARE))
  const grants = {
    up: { tag: up.grant.tag, to: up.to, rateKbps: paceKbps(up.grant) },
    down: { tag: down.grant.tag, rateKbps: paceKbps(down.grant) },
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

/** Again, until the provider has seen the lane: a refusal for that costs neither the session nor its token. */
async function openOne(request: LegRequest, nextHop: NextHop, token: Uint8Array | undefined): Promise<Opened> {
  for (;;) {
    try {
      return await tryOne(request, nextHop, token)
    } catch (error) {
      const isEarly = error instanceof LegRefusedError && error.reason === REFUSE.lane
      if (!isEarly || request.lane === undefined || WALL_CLOCK.nowMs() > request.lane.knownByMs) throw error
      await pause(LANE_AGAIN_MS)
    }
  }
}

async function tryOne(
  { provider, claimKbps, dial, own, lane, random }: LegRequest,
  nextHop: NextHop,
  token: Uint8Array | undefined,
): Promise<Opened> {
  const sessionId = random.bytes(SESSION_ID_BYTES)
  const inLane = lane && { lane: fromHex(lane.id), laneSignature: lane.sign(sessionId) }
  let session: PaidSession | undefined
  const client = new RelayClient(await dial(), sessionId, receipt => session?.hear(receipt))
  try {
    const answer = await client.open(
      { ...requestOf(sessionId, nextHop, claimKbps, token), ...inLane },
      provider,
      HANDSHAKE_MS,
    )
    if (answer.kind === 'refuse') throw new LegRefusedError(answer.refuse.reason)
    const { grant } = answer
    session = new PaidSession(client, receiptStart(sessionId, grant.tag))
    const to = { host: await udpHostOf(grant, client.host, own.host), port: grant.udpPort }
    if (!(await within(PATH_MS, 'path validation', client.ready))) throw new UnreachedError(nextHop)
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
