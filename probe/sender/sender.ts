/**
 * A sender's side of a session:
 *
 * 1. The sender commits to a key, and has the provider open a session towards the receiver.
 * 2. The sender sends its share; in a soak also in its turn.
 * 3. Once the receiver has signed the root of what arrived, the sender reveals the key, with a signed log of what it sent.
 * 4. The receiver owes the sender openings of that root. The sender passes the receiver's counter-signature on to the
 *    provider.
 */
import { ipDatagramBytes, NONCE_BYTES } from '../../proto/datagram.js'
import { toHex } from '../../proto/hex.js'
import {
  type CounterReceipt,
  ProbeFrame,
  type ProbeInvite,
  type RelayGrant,
  type SendLog,
} from '../../proto/messages.js'
import { checkOpenings, type OpeningsVerdict } from '../chunks/openings.js'
import { DATA_MS, DIAL_MS, DIRECT_MS, HANDSHAKE_MS, OPENINGS_MS, OVERHEAD_MS, PATH_MS } from '../constants.js'
import { within } from '../deadline.js'
import type { Backend } from '../io/datagram-port.js'
import type { Remote } from '../plane/host.js'
import type { FlowSpec, UnprovenPath } from '../plane/sending.js'
import type {
  AnswerVerifier,
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  ProviderStream,
  RandomSource,
  TokenSource,
} from '../ports.js'
import { type SessionBudget, sessionBudget } from '../verdict/session-budget.js'
import { requestOf } from '../verdict/session-shape.js'
import { mostDirectKbps, shareKbps } from '../verdict/share.js'
import { type Phase, phasesOf } from '../verdict/turns.js'
import { isOverIpv6 } from '../wire/address-family.js'
import { KEY_BYTES } from '../wire/keystream.js'
import { RelayClient } from '../wire/relay-client.js'
import type { SeenSessions } from '../wire/seen-sessions.js'
import { keyCommitment, relaySessionId, revealDigest, stopDigest } from '../wire/statements.js'
import { openFlow, provenHost } from './flow.js'

const MAX_REASON_CHARS = 200

/** What a node knows about an invitation: whether it is due, and how to check the signatures of the other parties. */
export type Authorization =
  | {
      readonly ok: true
      /** that this session measures */
      readonly claimKbps: number
      /** of the provider, as the chain holds it; more than `claimKbps` in a group (default: `claimKbps`) */
      readonly providerClaimKbps?: number | undefined
      /** k */
      readonly senders: number
      /**
       * length of the network's soaks; undefined if it has none. A sender does not know beforehand whether a session is a
       * soak: the receiver lets it run on.
       */
      readonly soakMs?: number | undefined
      readonly receiver: PeerVerifier
      readonly provider: AnswerVerifier
    }
  | { readonly ok: false; readonly reason: string }

export interface SenderDeps {
  readonly authorize: (invite: ProbeInvite) => Promise<Authorization>
  readonly openProvider: (invite: ProbeInvite) => Promise<ProviderStream>
  /** for the provider's relay (default: none, so the sender is a stranger there) */
  readonly tokens?: TokenSource | undefined
  /** address that the sending socket binds to */
  readonly udpHost: string
  /** to insist on one (default: the best available) */
  readonly backend?: Backend | undefined
  /** sessions that this node has served; one object for the whole node */
  readonly served: SeenSessions
  readonly signer: PeerSigner
  readonly clock: MonotonicClock
  readonly random: RandomSource
  /** Hears what the sender found in the openings that the receiver owed. */
  readonly opened: (verdict: OpeningsVerdict) => void
  /** Hears how many bytes of data, at the IP layer, a session took that its receiver stopped (default: nobody does). */
  readonly sent?: ((bytes: number) => void) | undefined
}

/** Serves one invitation to its end. Never throws for a peer's fault. */
export async function serveProbe(stream: MessageStream, deps: SenderDeps): Promise<void> {
  const ends: (() => unknown)[] = [() => stream.close()]
  try {
    const { invite } = await nextFrame(stream, HANDSHAKE_MS)
    if (invite) await serveInvite(stream, invite, deps, ends)
  } catch {
    // The receiver notices by itself, because it has a deadline for every step.
  } finally {
    for (const end of ends.reverse()) await Promise.resolve(end()).catch(() => {})
  }
}

async function serveInvite(
  stream: MessageStream,
  invite: ProbeInvite,
  deps: SenderDeps,
  ends: (() => unknown)[],
): Promise<void> {
  const { sessionId, slot } = invite
  const authorization = await deps.authorize(invite)
  const refusal = authorization.ok ? unreasonable(invite, authorization, deps) : authorization.reason
  if (!authorization.ok || refusal) {
    await send(stream, { decline: { reason: (refusal ?? 'declined').slice(0, MAX_REASON_CHARS) } })
    return
  }
  const key = deps.random.bytes(KEY_BYTES)
  await send(stream, { accept: { commitment: keyCommitment(sessionId, slot, key) } })

  const relay = await openRelay(invite, deps, authorization, stream, ends)
  if (!relay) return
  const { flow } = relay
  await flow.call('challenge', pathOf(invite, deps.random)).catch(() => {}) // an address of another family: no direct data
  if (!(await within(PATH_MS, 'path validation', relay.client.ready))) return
  await send(stream, { ready: {} })
  if (!(await nextFrame(stream, OVERHEAD_MS)).start) return

  const { claimKbps, senders, soakMs } = authorization
  const budget = sessionBudget(claimKbps, senders, soakMs)
  await flow.call('start', flowOf(invite, key, phasesFor(invite, authorization, relay.client), budget, relay))
  let { direct, stop, sizes } = await nextFrame(stream, budget.dataMs + OVERHEAD_MS)
  if (sizes) {
    await flow.call('sizes')
    ;({ direct, stop } = await nextFrame(stream, budget.dataMs + OVERHEAD_MS))
  }
  if (direct) {
    if (direct.rateKbps > mostDirectKbps(claimKbps, senders) || direct.durationMs > DIRECT_MS) return
    await flow.call('direct', direct.rateKbps, direct.durationMs)
  } else {
    await flow.call('stop')
  }
  // The provider is done, so its next session may begin.
  const finished = relay.client.finish()
  if (direct) stop = (await nextFrame(stream, direct.durationMs + OVERHEAD_MS)).stop
  const log = await flow.call('stop')
  deps.sent?.(log.sent.reduce((sum, count) => sum + count, 0) * ipDatagramBytes(isOverIpv6(invite.host)))
  if (!stop || !(await authorization.receiver(stopDigest(sessionId, stop.chunkRoot), stop.signature))) return
  await finished
  await reveal(stream, invite, key, log, relay.client, deps.signer)
  const { verdict, counter } = await awaitOpenings(stream, invite, key, stop, authorization.receiver)
  deps.opened(verdict)
  if (counter) await relay.client.handOver(counter)
}

/** The receiver's openings of this sender's data, and its counter-signature. The receiver then closes the stream. */
async function awaitOpenings(
  stream: MessageStream,
  { sessionId, epoch, receiver, slot }: ProbeInvite,
  key: Uint8Array,
  { chunkRoot, signature: rootSignature }: NonNullable<ProbeFrame['stop']>,
  verifier: PeerVerifier,
): Promise<{ readonly verdict: OpeningsVerdict; readonly counter?: CounterReceipt | undefined }> {
  const claim = { sessionId, epoch, receiver, slot, key, chunkRoot, rootSignature }
  try {
    const { openings, counter } = await nextFrame(stream, OPENINGS_MS)
    if (openings) return { verdict: await checkOpenings(claim, openings, verifier), counter }
    return { verdict: { ...claim, kind: 'missing', reason: 'the receiver sent no openings' } }
  } catch (cause) {
    return { verdict: { ...claim, kind: 'missing', reason: (cause as Error).message } }
  }
}

/** @returns the reason to decline an invitation that is due; undefined if there is none */
function unreasonable(
  invite: ProbeInvite,
  { senders }: Authorization & { readonly ok: true },
  { served, clock }: SenderDeps,
): string | undefined {
  if (invite.slot >= senders) return 'there is no such sender'
  if (!served.add(toHex(invite.sessionId), clock.now())) return 'the session was served before'
  return undefined
}

interface OpenedRelay {
  readonly client: RelayClient
  readonly grant: RelayGrant
  readonly flow: Remote<'sending'>
  /** where the provider's port takes the session's data */
  readonly host: string
}

/** Opens the session with the provider, and tells the receiver the answer. */
async function openRelay(
  invite: ProbeInvite,
  deps: SenderDeps,
  { provider, claimKbps, providerClaimKbps = claimKbps }: Authorization & { readonly ok: true },
  stream: MessageStream,
  ends: (() => unknown)[],
): Promise<OpenedRelay | undefined> {
  try {
    const id = relaySessionId(invite.sessionId, invite.slot)
    const client = new RelayClient(await within(DIAL_MS, 'provider', deps.openProvider(invite)), id)
    ends.push(() => client.close())
    const token = deps.tokens?.take(provider.account)
    const request = requestOf(id, invite, providerClaimKbps, token)
    const answer = await client.open(request, provider, HANDSHAKE_MS)
    if (answer.kind === 'grant') {
      const { grant } = answer
      const flow = await openFlow(deps, [client.host, invite.host])
      ends.push(() => flow.close())
      const host = await provenHost(grant, client.host, invite.host, flow, deps.random)
      await send(stream, { relay: { grant } })
      return { client, grant, flow, host }
    }
    await send(stream, { relay: { refuse: answer.refuse, token: token !== undefined } })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : ''
    await send(stream, {
      relay: { unreachable: message.slice(0, MAX_REASON_CHARS) || 'provider did not answer' },
    })
  }
  return undefined
}

const pathOf = (invite: ProbeInvite, random: RandomSource): UnprovenPath => ({
  ...{ tag: invite.controlTag, host: invite.host, port: invite.port },
  nonce: random.bytes(NONCE_BYTES),
  openBytes: ProbeFrame.encode({ invite }).length,
})

/** The phases of this sender's flow, from the start that it was told. The receiver may end them at any time. */
function phasesFor(
  { slot }: ProbeInvite,
  { claimKbps, senders, soakMs }: Authorization & { readonly ok: true },
  { settlingMs }: RelayClient,
): Phase[] {
  const ordinary: Phase = { run: 'main', fromMs: 0, toMs: DATA_MS, rateKbps: shareKbps(claimKbps, senders) }
  const [first, ...later] = soakMs === undefined ? [ordinary] : phasesOf(soakMs, claimKbps, senders, slot)
  return [{ ...first!, fromMs: settlingMs }, ...later]
}

const flowOf = (
  invite: ProbeInvite,
  key: Uint8Array,
  phases: readonly Phase[],
  { dataMs, bytes }: SessionBudget,
  { host, grant: { tag, udpPort } }: OpenedRelay,
): FlowSpec => ({
  key,
  headerKey: invite.headerKey,
  slot: invite.slot,
  phases,
  durationMs: dataMs,
  budgetBytes: bytes,
  ipv6: isOverIpv6(invite.host),
  provider: { tag, host, port: udpPort },
  receiver: { tag: invite.controlTag, host: invite.host, port: invite.port },
})

async function reveal(
  stream: MessageStream,
  { sessionId, slot }: ProbeInvite,
  key: Uint8Array,
  log: SendLog,
  relay: RelayClient,
  signer: PeerSigner,
): Promise<void> {
  const signature = await signer.sign(revealDigest(sessionId, slot, key, log))
  await send(stream, { reveal: { key, log, receipts: relay.receipts, signature } })
}

const send = (stream: MessageStream, frame: ProbeFrame): Promise<void> => stream.send(ProbeFrame.encode(frame))

/** @throws if the receiver has closed, is silent, or speaks nonsense */
async function nextFrame(stream: MessageStream, ms: number): Promise<ProbeFrame> {
  const bytes = await within(ms, 'receiver', stream.receive())
  if (!bytes) throw new Error('receiver closed the stream')
  return ProbeFrame.decode(bytes)
}
