/**
 * One session of the lab: the code that verifiers and providers run, without a chain. What the chain would say (claim,
 * who takes part) comes from whoever runs the lab.
 */
import { randomBytes } from 'node:crypto'
import { computeAddress } from 'ethers'
import type { Backend } from '../../probe/io/datagram-port.js'
import type {
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  ProviderStream,
  RandomSource,
} from '../../probe/ports.js'
import type { Receiver } from '../../probe/receiver/receiver.js'
import { measureSession } from '../../probe/receiver/session.js'
import { type SenderDeps, serveProbe } from '../../probe/sender/sender.js'
import type { Outcome } from '../../probe/verdict/outcome.js'
import type { SeenSessions } from '../../probe/wire/seen-sessions.js'
import type { NetworkId } from '../../proto/digests.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { ProbeFrame } from '../../proto/messages.js'
import { DEVNET } from '../../proto/params.js'
import { voucherSigner, voucherVerifier } from '../../verifier/chain/vouchers.js'
import { monotonicMs } from './monotonic.js'

/** k */
export const SENDERS = 3
/** Registry indices, which nothing here looks up. */
const RECEIVER_INDEX = 0
const SENDER_INDICES = [1, 2, 3]
/** Accounts that receipts are signed with: anybody's, since no chain knows them. */
const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'11'.repeat(20)}` }
const PROVIDER_SECRET = keccakText('the provider of the lab')
const RECEIVER_SECRET = keccakText('the receiver of the lab')
const PROVIDER_ACCOUNT = computeAddress(PROVIDER_SECRET).toLowerCase() as Hex

/** What the lab's relay signs receipts with. */
export const providerVouchers = voucherSigner(NETWORK, PROVIDER_SECRET)

export const clock: MonotonicClock = { now: monotonicMs }
export const random: RandomSource = { bytes: length => new Uint8Array(randomBytes(length)) }

export interface SenderPart {
  readonly claimKbps: number
  /** for a soak: how long it takes */
  readonly soakMs?: number | undefined
  readonly signer: PeerSigner
  readonly receiver: PeerVerifier
  readonly provider: PeerVerifier
  readonly openProvider: () => Promise<ProviderStream>
  readonly udpHost: string
  readonly served: SeenSessions
}

/** A sender's part. */
export function send(stream: MessageStream, part: SenderPart): Promise<void> {
  const { claimKbps, soakMs, receiver, provider, signer, openProvider, udpHost, served } = part
  const authorize: SenderDeps['authorize'] = async () => ({
    ok: true,
    claimKbps,
    soakMs,
    senders: SENDERS,
    receiver,
    provider,
  })
  return serveProbe(stream, { authorize, openProvider, udpHost, served, signer, clock, random, opened: () => {} })
}

export interface ReceiverPart {
  readonly claimKbps: number
  readonly soakMs?: number | undefined
  readonly signer: PeerSigner
  readonly receiver: Receiver
  readonly provider: PeerVerifier
  readonly senders: readonly { open(): Promise<MessageStream>; readonly verifier: PeerVerifier }[]
  /** where the provider reaches the receiver */
  readonly host: string
}

export interface SessionReading {
  readonly outcome: Outcome
  /** When the senders were told to start, and when to stop, on the monotonic clock; undefined if they never were. */
  readonly startMs: number | undefined
  readonly haltMs: number | undefined
  /** what the windows of the reading span, on the same clock */
  readonly span: { readonly fromMs: number; readonly toMs: number } | undefined
  /** what carried the receiver's datagrams */
  readonly backend: Backend
  /** from the first invitation to the outcome */
  readonly tookMs: number
  /** what a verifier would have logged */
  readonly notes: readonly string[]
}

/** The receiver's part: a whole session. */
export async function measure(part: ReceiverPart): Promise<SessionReading> {
  const notes: string[] = []
  const told = new Told()
  let span: SessionReading['span']
  const beganMs = monotonicMs()
  const { outcome } = await measureSession(
    {
      parties: { epoch: 1, provider: PROVIDER_ACCOUNT, receiver: RECEIVER_INDEX, senders: SENDER_INDICES },
      sessionId: toHex(randomBytes(32)),
      nonce: toHex(randomBytes(32)),
      claimKbps: part.claimKbps,
      soakMs: part.soakMs,
      breachBps: DEVNET.breachBps,
      senders: part.senders.map(({ open, verifier }) => ({ verifier, open: async () => told.watch(await open()) })),
      providerVerifier: part.provider,
      providerVouchers: voucherVerifier(NETWORK, PROVIDER_ACCOUNT),
      advertisedHost: part.host,
    },
    {
      receiver: part.receiver,
      clock,
      random,
      signer: part.signer,
      voucherSigner: voucherSigner(NETWORK, RECEIVER_SECRET),
      progress: ({ estimate: { fromMs, toMs }, direct }) => {
        if (!direct) span = { fromMs, toMs }
      },
      log: note => notes.push(note),
    },
  )
  return {
    outcome,
    startMs: told.startMs,
    haltMs: told.haltMs,
    span,
    backend: part.receiver.facts.backend,
    tookMs: monotonicMs() - beganMs,
    notes,
  }
}

/** When the receiver told the first sender to start, and when to stop: whatever it says next. */
class Told {
  startMs: number | undefined
  haltMs: number | undefined

  watch(stream: MessageStream): MessageStream {
    let started = false
    return {
      receive: () => stream.receive(),
      close: () => stream.close(),
      send: message => {
        if (started) this.haltMs ??= monotonicMs()
        if (ProbeFrame.decode(message).start) {
          started = true
          this.startMs ??= monotonicMs()
        }
        return stream.send(message)
      },
    }
  }
}
