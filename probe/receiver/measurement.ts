/**
 * The part of a session in which data flows: from the start that the senders are told until the receiver has seen
 * enough.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { DIRECT_MS, DIRECT_SPAN, SIZES_AFTER_MS } from '../constants.js'
import type { Progress } from '../plane/collection.js'
import type { MonotonicClock } from '../ports.js'
import type { ClockReading } from '../transcript/record.js'
import type { EstimatorOptions } from '../verdict/estimator.js'
import { isDirectProbeDue } from '../verdict/other-limit.js'
import { thresholdKbps } from '../verdict/session-facts.js'
import { directShareKbps, neededSenders } from '../verdict/share.js'
import { type FixedSpan, groupSpan } from '../verdict/spans.js'
import { togetherSpan, turnSpans } from '../verdict/turns.js'
import type { Collecting } from './receiver.js'
import type { SenderLink } from './sender-link.js'

/** How often the receiver looks at the measurement. */
const LOOK_MS = 10

export interface MeasurementOptions {
  readonly claimKbps: number
  readonly breachBps: number
  readonly yieldMs: number
  /** undefined for an ordinary session */
  readonly soakMs?: number | undefined
  /** see `SessionRequest` */
  readonly flowMs?: number | undefined
  /** other receivers measure over the same span */
  readonly atOnce: boolean
  readonly clock: MonotonicClock
  /** Hears how the measurement goes on, some twenty times a second. */
  readonly progress?: ((progress: Progress) => void) | undefined
}

/** @param links by slot; those that are ready are told to start */
export async function measure(
  collecting: Collecting,
  links: readonly SenderLink[],
  options: MeasurementOptions,
): Promise<ClockReading> {
  const { clock, soakMs } = options
  const startMs = clock.now()
  // The longest path counts: behind it, the turn before ends last.
  const longestMs = Math.max(...links.map(link => link.rttMs ?? 0))
  const turnPlans = soakMs === undefined ? [] : turnSpans(soakMs, links.length, longestMs)
  const needed = neededLinks(links)
  await collecting.begin(startMs, estimatorOptions(links, options, spanOf(links, options)), needed, turnPlans)
  const { estimate, sinceMs, meanKbps, starvedMs, overruns, arrived, control, turns } = await watch(
    collecting,
    options,
    () => {
      for (const link of links) link.start()
      if (isSilent(collecting.progress, clock.now() - startMs)) for (const link of links) link.probeSizes()
    },
  )
  const isLow = isDirectProbeDue({ ...options, needed }, estimate.rateKbps, arrived, control, turns)
  const direct = isLow ? await probeDirectly(collecting, links, options, estimate.rateKbps) : undefined
  return { startMs, estimate, sinceMs, meanKbps, direct, starvedMs, overruns }
}

/** The senders show how much the path carries without the provider. A low vote depends on this. */
async function probeDirectly(
  collecting: Collecting,
  links: readonly SenderLink[],
  options: MeasurementOptions,
  readingKbps: number,
): Promise<ClockReading['direct']> {
  const rateKbps = directShareKbps(readingKbps, options.claimKbps, links.length, neededLinks(links))
  await collecting.beginDirect(options.clock.now(), estimatorOptions(links, options, DIRECT_SPAN))
  for (const link of links) link.probeDirectly({ rateKbps, durationMs: DIRECT_MS })
  return (await watch(collecting, options, () => {})).direct
}

/** Nothing has come for so long that smaller datagrams should show whether the path carries those. */
const isSilent = (progress: Progress | undefined, elapsedMs: number): boolean =>
  elapsedMs >= SIZES_AFTER_MS && progress !== undefined && progress.arrived.every(datagrams => datagrams === 0)

/** k − f', less the senders that the provider refused: see `neededOf`. */
export const neededLinks = (links: readonly SenderLink[]): number =>
  Math.max(1, neededSenders(links.length) - links.filter(link => link.isRefused).length)

const shortestRttMs = (links: readonly SenderLink[]): number =>
  Math.min(...links.map(link => link.rttMs ?? Number.POSITIVE_INFINITY))

const estimatorOptions = (
  links: readonly SenderLink[],
  options: MeasurementOptions,
  fixed: FixedSpan | undefined,
): EstimatorOptions => ({
  claimKbps: options.claimKbps,
  thresholdKbps: thresholdKbps(options),
  rttMs: shortestRttMs(links),
  yieldMs: options.yieldMs,
  flowMs: options.flowMs,
  fixed,
})

/** The session's fixed span; undefined if the estimator decides when it has seen enough. */
function spanOf(
  links: readonly SenderLink[],
  { claimKbps, soakMs, atOnce, yieldMs }: MeasurementOptions,
): FixedSpan | undefined {
  if (soakMs !== undefined) return togetherSpan(soakMs)
  return atOnce ? groupSpan(claimKbps, shortestRttMs(links), yieldMs) : undefined
}

/** Until enough was seen. @param look at every look. @throws Error if the receiver is closed meanwhile */
async function watch(
  collecting: Collecting,
  { progress: tell }: MeasurementOptions,
  look: () => void,
): Promise<Progress> {
  let told: Progress | undefined
  for (;;) {
    look()
    await pause(LOOK_MS)
    if (collecting.isOver) throw new Error('the receiver was closed in the middle of a session')
    const { progress } = collecting
    if (progress && progress !== told) tell?.(progress)
    told = progress
    if (progress?.isDone) return progress
  }
}
