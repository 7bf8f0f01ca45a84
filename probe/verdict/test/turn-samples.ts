/** Evidence of soaks, made up for tests of the judge. */
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import type { SendLog } from '../../../proto/messages.js'
import { togetherMs } from '../../constants.js'
import type { ControlFlow } from '../control.js'
import { judge } from '../judge.js'
import type { TurnEvidence } from '../judge-turns.js'
import type { SenderEvidence, SessionFacts } from '../session-facts.js'
import { shareKbps, turnKbps } from '../share.js'
import { turnOf } from '../turns.js'

export const CLAIM_KBPS = 20_000
export const SOAK_MS = 10_000
export const K = 3
export const INTERVAL_MS = 50
export const SLOW_KBPS = 0.6 * CLAIM_KBPS

export const datagramsOf = (kbps: number, ms: number): number => Math.round((kbps * ms) / 8 / IP_DATAGRAM_BYTES)

/** The log of a sender that offers these fractions of its share, while all send together and in its turn. */
export function logOf(slot: number, together = 1, inTurn = 1): SendLog {
  const { fromMs, toMs } = turnOf(SOAK_MS, K, slot)
  const length = SOAK_MS / INTERVAL_MS
  const sent = Array.from({ length }, (_, i) => {
    const ms = i * INTERVAL_MS
    if (ms < togetherMs(SOAK_MS)) return datagramsOf(together * shareKbps(CLAIM_KBPS, K), INTERVAL_MS)
    return ms + INTERVAL_MS > fromMs && ms < toMs ? datagramsOf(inTurn * turnKbps(CLAIM_KBPS), INTERVAL_MS) : 0
  })
  const none = new Array<number>(length).fill(0)
  return { intervalMs: INTERVAL_MS, sent, blocked: none, errors: none, control: new Array<number>(length).fill(3) }
}

export const CLEAN: ControlFlow = { sent: 600, arrived: 598, spanMs: 9_900, riseMs: 0.3 }

export interface Way {
  /** rate that the provider carries in a turn */
  readonly kbps: number
  /** rate of one sender's data while all send together (default: a third of `kbps`) */
  readonly togetherKbps?: number
}

/** The evidence of an honest sender. */
export function honest(
  slot: number,
  { kbps, togetherKbps = Math.min(shareKbps(CLAIM_KBPS, K), kbps / K) }: Way,
): SenderEvidence {
  const turnMs = turnOf(SOAK_MS, K, slot).toMs - turnOf(SOAK_MS, K, slot).fromMs
  const arrived = datagramsOf(Math.min(kbps, turnKbps(CLAIM_KBPS)), turnMs)
  const all = datagramsOf(togetherKbps, togetherMs(SOAK_MS)) + arrived
  const fromMs = turnOf(SOAK_MS, K, slot).fromMs + 200
  return {
    ...{ answer: 'granted', ready: true, arrived: all, highest: 2_000, verified: all, log: logOf(slot) },
    ...{
      jitterUs: 100,
      hoarding: 1,
      riseMs: 80,
      spanKbps: 0,
      control: CLEAN,
      direct: { arrived: 60, verified: 60 },
    },
    turn: {
      estimate: { rateKbps: Math.min(kbps, turnKbps(CLAIM_KBPS)), windows: 27, fromMs, toMs: fromMs + 1_350 },
      ...{ crowdKbps: [0, 0, 0], arrived, highest: arrived - 1, verified: arrived, riseMs: 40 },
      sentKbps: Math.min(kbps, turnKbps(CLAIM_KBPS)),
      control: { sent: 100, arrived: 99, riseMs: 0.3 },
    },
  }
}

export const three = (kbps: number): SenderEvidence[] => [0, 1, 2].map(slot => honest(slot, { kbps }))

export const withTurn = (sender: SenderEvidence, change: Partial<TurnEvidence>): SenderEvidence => ({
  ...sender,
  turn: { ...sender.turn!, ...change },
})

export function judged(senders: readonly SenderEvidence[], more: Partial<SessionFacts> = {}) {
  return judge({
    ...{ claimKbps: CLAIM_KBPS, breachBps: 7500, soakMs: SOAK_MS, senders },
    estimate: senders[0]!.turn?.estimate,
    direct: { rateKbps: 2 * CLAIM_KBPS, windows: 10, fromMs: 11_500, toMs: 12_000 },
    ...{ kernelTimestamps: true, atOnce: false, heard: true, starvedMs: 0, overruns: 0, yieldMs: 4000, ipv6: false },
    ...more,
  })
}

/** One silent sender, and lies that one sender of three may tell. */
export const silent: SenderEvidence = {
  ...{ answer: 'missing', ready: false, arrived: 0, highest: -1, verified: 0, log: undefined },
  ...{
    jitterUs: 0,
    hoarding: 1,
    riseMs: 0,
    spanKbps: 0,

    control: undefined,
    direct: { arrived: 0, verified: 0 },
  },
  turn: {
    estimate: { rateKbps: 0, windows: 27, fromMs: 7_000, toMs: 8_350 },
    ...{ crowdKbps: [0, 0, 0], arrived: 0, highest: -1, verified: 0, sentKbps: 0, riseMs: 0, control: undefined },
  },
}
export const half = (sender: SenderEvidence, slot: number): SenderEvidence => ({
  ...withTurn(sender, {
    estimate: { ...sender.turn!.estimate, rateKbps: 0.5 * CLAIM_KBPS },
    sentKbps: 0.5 * CLAIM_KBPS,
  }),
  log: logOf(slot, 0.5, 0.45),
})
export const LIES: Record<string, (sender: SenderEvidence, slot: number) => SenderEvidence> = {
  silent: () => silent,
  slow: half,
  'a lying log, of one that sends next to nothing': (sender, slot) => ({
    ...withTurn(sender, {
      estimate: { ...sender.turn!.estimate, rateKbps: 100 },
      sentKbps: 100,
      arrived: 10,
      verified: 10,
      highest: 15,
    }),
    log: logOf(slot),
  }),
  garbage: sender => ({ ...withTurn(sender, { verified: 0, sentKbps: 0 }), verified: 0, control: undefined }),
  'no key': sender => ({
    ...withTurn(sender, { verified: 0, sentKbps: 0, control: undefined }),
    verified: 0,
    log: undefined,
    control: undefined,
  }),
  lending: (_, slot) => honest(slot, { kbps: 1.1 * CLAIM_KBPS, togetherKbps: shareKbps(CLAIM_KBPS, K) }),
}
