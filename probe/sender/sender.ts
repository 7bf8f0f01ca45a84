/**
 * A sender's side of a session:
 *
 * 1. The sender commits to a key, and has the provider open a session towards the receiver.
 * 2. The sender sends its share; in a soak also in its turn.
 * 3. Once the receiver has signed the root of what arrived, the sender reveals the key, with a signed log of what it sent.
 * 4. The receiver owes the sender openings of that root. The sender passes the receiver's counter-signature on to the
 *    provider.
 */
import { toHex } from '../../proto/hex.js'
import {
  type CounterReceipt,
  ProbeFrame,
  type ProbeInvite,
  type RelayGrant,
  type SendLog,
} from '../../proto/messages.js'
import { checkOpenings, type OpeningsVerdict } from '../chunks/openings.js'
import { DIRECT_MS, HANDSHAKE_MS, OPENINGS_MS, OVERHEAD_MS, SHARE_SLACK } from '../constants.js'
import { within } from '../deadline.js'
import type { Backend } from '../io/datagram-port.js'
import { anchorOf } from '../plane/clock.js'
import { openRemote, type Remote } from '../plane/host.js'
import type { FlowSpec, SendingOptions } from '../plane/sending.js'
import type {
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  ProviderStream,
  RandomSource,
  TokenSource,
} from '../ports.js'
import { sessionBudget } from '../verdict/session-budget.js'
import { type Phase, phasesOf } from '../verdict/turns.js'
import { KEY_BYTES } from '../wire/keystream.js'
import { RelayClient } from '../wire/relay-client.js'
import type { SeenSessions } from '../wire/seen-sessions.js'
import { keyCommitment, revealDigest, stopDigest } from '../wire/statements.js'

const MAX_REASON_CHARS = 200

/** What a node knows about an invitation: whether it is due, and how to check the signatures of the other parties. */
export type Authorization =
  | {
      readonly ok: true
      readonly claimKbps: number
      /** k */
      readonly senders: number
      /** length of the soak, if this session must be one */
      readonly soakMs?: number | undefined
      readonly receiver: PeerVerifier
      readonly provider: PeerVerifier
    }
  | { readonly ok: false; readonly reason: string }

export interface SenderDeps {
  readonly authorize: (invite: ProbeInvite) => Promise<Authorization>
  readonly openProvider: (invite: ProbeInvite) => Promise<ProviderStream>
  /** for the provider's relay (default: none, so the sender is a stranger there) */
  readonly tokens?: TokenSource | undefined
  /** address that the sending socket binds to: a literal of the provider's address family */
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

  const relay = await openRelay(invite, deps, authorization.provider, stream)
  if (!relay) return
  ends.push(() => relay.client.close())
  if (!(await within(OVERHEAD_MS, 'path validation', relay.client.ready))) return
  const flow = await openFlow(deps)
  ends.push(() => flow.close())
  await send(stream, { ready: {} })
  if (!(await nextFrame(stream, OVERHEAD_MS)).start) return

  await flow.call('start', flowOf(invite, key, phasesFor(invite, authorization), relay.grant, relay.client.host))
  let { direct, stop } = await nextFrame(stream, invite.durationMs + OVERHEAD_MS)
  if (direct) {
    if (direct.rateKbps > invite.rateKbps || direct.durationMs > DIRECT_MS) return
    await flow.call('direct', direct.rateKbps, direct.durationMs)
  } else {
    await flow.call('stop')
  }
  // The provider is done, so its next session may begin.
  const finished = relay.client.finish()
  if (direct) stop = (await nextFrame(stream, direct.durationMs + OVERHEAD_MS)).stop
  const log = await flow.call('stop')
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
  { claimKbps, senders, soakMs }: Authorization & { readonly ok: true },
  { served, clock }: SenderDeps,
): string | undefined {
  if (invite.slot >= senders) return 'there is no such sender'
  const { rateKbps, dataMs, bytes } = sessionBudget(claimKbps, senders, soakMs)
  if (invite.durationMs < 1 || invite.durationMs > dataMs) return 'the session is too long'
  if (invite.rateKbps < 1 || invite.rateKbps > rateKbps * SHARE_SLACK)
    return 'the rate is not a sender’s share of the claim'
  if (invite.budgetBytes > bytes * SHARE_SLACK * SHARE_SLACK) return 'the budget is too large'
  if (!served.add(toHex(invite.sessionId), clock.now())) return 'the session was served before'
  return undefined
}

/** Opens the session with the provider, and tells the receiver the answer. */
async function openRelay(
  invite: ProbeInvite,
  deps: SenderDeps,
  provider: PeerVerifier,
  stream: MessageStream,
): Promise<{ readonly client: RelayClient; readonly grant: RelayGrant } | undefined> {
  let client: RelayClient | undefined
  try {
    client = new RelayClient(await within(HANDSHAKE_MS, 'provider', deps.openProvider(invite)), invite.sessionId)
    const request = {
      sessionId: invite.sessionId,
      nextHopHost: invite.host,
      nextHopPort: invite.port,
      budgetBytes: invite.budgetBytes,
      rateKbps: invite.rateKbps,
      durationMs: invite.durationMs + OVERHEAD_MS,
      sender: invite.slot,
      token: deps.tokens?.take(toHex(invite.provider)),
    }
    const answer = await client.open(request, provider, HANDSHAKE_MS)
    if (answer.kind === 'grant') {
      await send(stream, { relay: { grant: answer.grant } })
      return { client, grant: answer.grant }
    }
    await send(stream, { relay: { refuse: answer.refuse } })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : ''
    await send(stream, { relay: { unreachable: message.slice(0, MAX_REASON_CHARS) || 'provider did not answer' } })
  }
  await client?.close()
  return undefined
}

function openFlow({ udpHost, backend, clock }: SenderDeps): Promise<Remote<'sending'>> {
  const options: SendingOptions = { host: udpHost, port: 0, backend, clock: anchorOf(clock), offload: false }
  return openRemote('sending', options, () => {})
}

/** The phases of this sender's flow. No phase exceeds the rate that the receiver asked for. */
function phasesFor(
  { slot, rateKbps, durationMs }: ProbeInvite,
  { claimKbps, senders, soakMs }: Authorization & { readonly ok: true },
): Phase[] {
  if (soakMs === undefined) return [{ run: 'main', fromMs: 0, toMs: durationMs, rateKbps }]
  const phases = phasesOf(soakMs, claimKbps, senders, slot)
  return phases.map(phase => ({ ...phase, rateKbps: Math.min(phase.rateKbps, rateKbps) }))
}

const flowOf = (
  invite: ProbeInvite,
  key: Uint8Array,
  phases: readonly Phase[],
  { tag, udpPort }: RelayGrant,
  host: string,
): FlowSpec => ({
  key,
  slot: invite.slot,
  phases,
  durationMs: invite.durationMs,
  budgetBytes: invite.budgetBytes,
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
