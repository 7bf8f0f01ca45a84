/** The cells of `bench justice`: each a model of a provider's line, with what is true about it. */
import { Bottleneck, type TcpOptions } from '../../lab/line/bottleneck.js'
import {
  burstyLoss,
  burstyLossShare,
  delay,
  duplicating,
  loss,
  policer,
  reordering,
  upTo,
} from '../../lab/line/filters.js'
import { codel, dropTail, fair, type Queue } from '../../lab/line/queues.js'
import { type Random, uniform } from '../../lab/line/random.js'
import { cellular, pulses, type Rate, stalls, steady } from '../../lab/line/rate.js'
import type { Stage } from '../../lab/line/stage.js'

/**
 * `control`: nothing limits the line, so a reading below the claim is the harness's. `honest`: the line carries
 * claim/0.7 or more, whatever else is wrong with it. `contended`: such a line, on which the household's own traffic may take
 * a part of the claim for a while; in all other sessions it is an honest line. `slow`: the line carries 60 % of the claim.
 * `household`: the household's own traffic takes a part of the claim for good, and the provider's monitor must say so.
 * `reported`: the bench reports what the probe makes of the line.
 */
export type CellClass = 'control' | 'honest' | 'contended' | 'slow' | 'household' | 'reported'

/** The lines of a session, besides the base delay. Every line not named is wide. */
export interface CellLines {
  readonly out?: readonly Stage[]
  readonly back?: readonly Stage[]
  /** shared by the senders */
  readonly in?: readonly Stage[]
  /** of the first sender alone */
  readonly firstIn?: readonly Stage[]
  readonly nat?: boolean
}

export interface JusticeCell {
  readonly name: string
  readonly class: CellClass
  /** mean rate that the line leaves to the provider, as a share of the claim; infinite for a wide line */
  readonly meanShare: number
  readonly family: 4 | 6
  readonly lines: (claimKbps: number, random: Random) => CellLines
}

/** The least link that a provider should have for its claim. */
export const LINK_SHARE = 1 / 0.7
export const SLOW_SHARE = 0.6
const QUEUE_MS = 50
const TCP_RTT_MS = 30
const WARM_UP_MS = [6000, 10_000] as const

type Lines = JusticeCell['lines']

const fifo = (rate: Rate, kbps: number, queueMs: number, tcp?: TcpOptions): Stage =>
  new Bottleneck({ queue: dropTail((kbps * queueMs) / 8), rate, tcp })
const plain =
  (share: number, queueMs = QUEUE_MS): Lines =>
  claim => ({
    out: [fifo(steady(share * claim), share * claim, queueMs)],
  })
const behindLink =
  (share: number, ...more: ((random: Random) => Stage)[]): Lines =>
  (claim, random) => ({ out: [...plain(share)(claim, random).out!, ...more.map(of => of(random))] })
const behind = (...more: ((random: Random) => Stage)[]): Lines => behindLink(LINK_SHARE, ...more)

const cell = (name: string, of: CellClass, meanShare: number, lines: Lines, family: 4 | 6 = 4): JusticeCell => ({
  name,
  class: of,
  meanShare,
  family,
  lines,
})
const honest = (name: string, lines: Lines, meanShare = LINK_SHARE): JusticeCell =>
  cell(name, 'honest', meanShare, lines)

/** @param queueOf by the link's rate */
function withTcp(law: TcpOptions['law'], flows: number, queueOf: (linkKbps: number) => Queue): Lines {
  return (claim, random) => {
    const kbps = LINK_SHARE * claim
    const tcp = { law, flows, rttMs: TCP_RTT_MS, warmUpMs: uniform(random, ...WARM_UP_MS) }
    return { out: [new Bottleneck({ queue: queueOf(kbps), rate: steady(kbps), tcp })] }
  }
}
const fifoOf = (ms: number) => (kbps: number) => dropTail((kbps * ms) / 8)

const TCP_CELLS: readonly JusticeCell[] = (
  [
    ['reno', 1],
    ['reno', 3],
    ['cubic', 1],
    ['cubic', 3],
  ] as const
).flatMap(([law, flows]) => [
  ...[100, 250, 1000, 2000].map(ms =>
    cell(`tcp-${law}-${flows}-fifo-${ms}`, 'contended', LINK_SHARE, withTcp(law, flows, fifoOf(ms))),
  ),
  cell(`tcp-${law}-${flows}-codel`, 'contended', LINK_SHARE, withTcp(law, flows, codel)),
  cell(
    `tcp-${law}-${flows}-fair`,
    'household',
    LINK_SHARE / (flows + 1),
    withTcp(law, flows, kbps => fair(() => fifoOf(100)(kbps))),
  ),
])

const BURSTY = [
  { goodMs: 1000, badMs: 50, lossShare: 0.5 },
  { goodMs: 500, badMs: 100, lossShare: 0.5 },
  { goodMs: 400, badMs: 100, lossShare: 0.9 },
]
const WIFI_SHARE = 4
const WIFI_QUEUE_MS = 250
const CELLULAR_QUEUE_MS = 500

const wifi =
  (gapMs: number, share = LINK_SHARE): Lines =>
  (claim, random) => {
    const air = stalls({ kbps: WIFI_SHARE * claim, gapMs, stallMs: [50, 200] }, random)
    return {
      out: [fifo(air, WIFI_SHARE * claim, WIFI_QUEUE_MS), ...plain(share, 100)(claim, random).out!],
    }
  }
const mobile =
  (stepMs: readonly [number, number]): Lines =>
  (claim, random) => {
    const meanKbps = LINK_SHARE * claim
    return { out: [fifo(cellular({ meanKbps, swing: 0.5, stepMs }, random), meanKbps, CELLULAR_QUEUE_MS)] }
  }
const bytesQueue =
  (bytes: number): Lines =>
  claim => ({
    out: [new Bottleneck({ queue: dropTail(bytes), rate: steady(LINK_SHARE * claim) })],
  })

/** A slow provider that is fast for a moment, in the hope that the moment is what counts. */
const PULSE_SHARE = 1.2
const pulse =
  (lowShare: number, lowMs: number, highMs: number): Lines =>
  (claim, random) => {
    const [low, high] = [
      { kbps: lowShare * claim, ms: lowMs },
      { kbps: PULSE_SHARE * claim, ms: highMs },
    ]
    return { out: [fifo(pulses(low, high, random), lowShare * claim, QUEUE_MS)] }
  }

export const CELLS: readonly JusticeCell[] = [
  cell('control', 'control', Number.POSITIVE_INFINITY, () => ({})),
  cell('slow-60', 'slow', SLOW_SHARE, plain(SLOW_SHARE)),
  cell('slow-60-bloat-1000', 'slow', SLOW_SHARE, plain(SLOW_SHARE, 1000)),
  cell(
    'slow-60-delay-1000',
    'slow',
    SLOW_SHARE,
    behindLink(SLOW_SHARE, () => delay(1000)),
  ),
  cell('slow-60-wifi-1000', 'slow', SLOW_SHARE, wifi(1000, SLOW_SHARE)),
  cell(
    'slow-60-bursty',
    'slow',
    SLOW_SHARE * (1 - burstyLossShare(BURSTY[0]!)),
    behindLink(SLOW_SHARE, random => burstyLoss(BURSTY[0]!, random)),
  ),
  cell('pulse-500', 'reported', 0.6, pulse(0.45, 400, 100)),
  cell('pulse-2500', 'reported', 0.6, pulse(0.45, 2000, 500)),
  honest('steady', plain(LINK_SHARE)),
  ...[250, 500, 1000, 2000].map(ms =>
    honest(
      `delay-${ms}`,
      behind(() => delay(ms)),
    ),
  ),
  ...[250, 500, 1000, 2000].map(ms => honest(`bloat-${ms}`, plain(LINK_SHARE, ms))),
  ...TCP_CELLS,
  ...[1000, 400, 250].map(gapMs => honest(`wifi-${gapMs}`, wifi(gapMs))),
  ...(
    [
      [100, 400],
      [500, 2000],
      [1000, 4000],
    ] as const
  ).map(steps => honest(`cellular-${steps[0]}-${steps[1]}`, mobile(steps))),
  ...BURSTY.map(options =>
    honest(
      `bursty-${options.goodMs}-${options.badMs}-${options.lossShare}`,
      behind(random => burstyLoss(options, random)),
      LINK_SHARE * (1 - burstyLossShare(options)),
    ),
  ),
  ...[8, 32, 256].map(kB => honest(`policer-${kB}`, claim => ({ out: [policer(LINK_SHARE * claim, 1000 * kB)] }))),
  ...[64, 500, 2000].map(kB => honest(`cpe-${kB}`, bytesQueue(1000 * kB))),
  honest(
    'reordering',
    behind(random => reordering(0.05, 30, random)),
  ),
  honest(
    'duplicates',
    behind(random => duplicating(0.05, random)),
  ),
  honest('nat', (claim, random) => ({ ...plain(LINK_SHARE)(claim, random), nat: true })),
  honest('way-in-narrow', claim => ({ in: [fifo(steady(LINK_SHARE * claim), LINK_SHARE * claim, QUEUE_MS)] })),
  honest('both-ways-narrow', (claim, random) => ({
    ...plain(LINK_SHARE)(claim, random),
    in: [fifo(steady(LINK_SHARE * claim), LINK_SHARE * claim, QUEUE_MS)],
  })),
  honest('way-back-poor', (claim, random) => ({
    ...plain(LINK_SHARE)(claim, random),
    back: [loss(0.2, random), delay(300)],
  })),
  honest('transit-one-sender', (claim, random) => ({
    ...plain(LINK_SHARE)(claim, random),
    firstIn: [fifo(steady(0.1 * claim), 0.1 * claim, QUEUE_MS)],
  })),
  cell('transit-receiver', 'reported', SLOW_SHARE, plain(SLOW_SHARE)),
  cell(
    'mtu-1000',
    'reported',
    0,
    behind(() => upTo(1000)),
  ),
  cell('ipv6', 'honest', LINK_SHARE, plain(LINK_SHARE), 6),
  cell(
    'ipv6-mtu-1280',
    'honest',
    LINK_SHARE,
    behind(() => upTo(1280)),
    6,
  ),
]
