/**
 * The lab's solo sessions: how many send, what receipts are signed with, and what the lab wants to know of a session.
 */
import {
  type AnswerVerifier,
  type Backend,
  type MessageStream,
  measureSolo,
  type Outcome,
  type PeerSigner,
  type PeerVerifier,
  type Receiver,
  systemClock,
} from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import { keccakText } from '../../proto/hash.js'
import { ProbeFrame } from '../../proto/messages.js'
import { AnswerVerifiers, answerSigner } from '../../verifier/chain/answers.js'
import { voucherSigner, voucherVerifier } from '../../verifier/chain/vouchers.js'

/** k */
export const SENDERS = 3
/** No chain knows the accounts that sign receipts, so the lab fixes them. */
const NETWORK: NetworkId = { chainId: 31_337, contract: `0x${'11'.repeat(20)}` }
const PROVIDER_SECRET = keccakText('the provider of the lab')
const RECEIVER_SECRET = keccakText('the receiver of the lab')

/** The keys of the lab's relay: one account for all. */
export const PROVIDER_KEYS = {
  voucherSigner: voucherSigner(NETWORK, PROVIDER_SECRET),
  answerSigner: answerSigner(NETWORK, PROVIDER_SECRET),
}
export const providerAnswers: AnswerVerifier = new AnswerVerifiers(NETWORK).of(PROVIDER_KEYS.answerSigner.account)

export interface ReceiverPart {
  readonly claimKbps: number
  /** length of a soak; undefined for an ordinary session */
  readonly soakMs?: number | undefined
  readonly signer: PeerSigner
  readonly receiver: Receiver
  readonly senders: readonly { open(): Promise<MessageStream>; readonly verifier: PeerVerifier }[]
  /** where the provider reaches the receiver */
  readonly host: string
}

export interface SessionReading {
  readonly outcome: Outcome
  /** When the receiver told the senders to start, and to stop, on the monotonic clock; undefined if it never did. */
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

/** The receiver's side: a whole session. */
export async function measure(part: ReceiverPart): Promise<SessionReading> {
  const { claimKbps, soakMs, receiver, signer, senders, host } = part
  const notes: string[] = []
  const told = new Told()
  let span: SessionReading['span']
  const beganMs = systemClock.now()
  const { outcome } = await measureSolo(
    {
      ...{ claimKbps, soakMs },
      senders: senders.map(({ open, verifier }) => ({ verifier, open: async () => told.watch(await open()) })),
      providerAnswers,
      providerVouchers: voucherVerifier(NETWORK, providerAnswers.account),
      advertisedHost: host,
    },
    {
      receiver,
      signer,
      voucherSigner: voucherSigner(NETWORK, RECEIVER_SECRET),
      progress: ({ estimate: { fromMs, toMs }, direct }) => {
        if (!direct) span = { fromMs, toMs }
      },
      log: note => notes.push(note),
    },
  )
  const { startMs, haltMs } = told
  return { outcome, startMs, haltMs, span, notes, backend: receiver.facts.backend, tookMs: systemClock.now() - beganMs }
}

/**
 * When the receiver told the first sender to start, and when to stop: its next message after the start. The session's
 * progress does not tell: it holds no start, and the data goes on after the last report, until that message.
 */
class Told {
  startMs: number | undefined
  haltMs: number | undefined

  watch(stream: MessageStream): MessageStream {
    let started = false
    return {
      receive: () => stream.receive(),
      close: () => stream.close(),
      send: message => {
        if (started) this.haltMs ??= systemClock.now()
        if (ProbeFrame.decode(message).start) {
          started = true
          this.startMs ??= systemClock.now()
        }
        return stream.send(message)
      },
    }
  }
}
