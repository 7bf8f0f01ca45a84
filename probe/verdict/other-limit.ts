/**
 * Whether something other than the provider may have been the limit of a low reading. Pure.
 *
 * Loss and delay show that some link was full, but not which. So the judge blames the provider for a low reading only
 * if all of this holds: the senders offered enough; control datagrams, which bypass the provider, arrived well at the
 * same time; and the same paths then carried more in a direct probe.
 */
import { POLICE_SLACK } from '../constants.js'
import { type ControlFlow, controlPath, isEnoughControl, isHeldUpBy } from './control.js'
import type { Estimate } from './estimator.js'
import { leastTurnKbps, turnsLimit } from './judge-turns.js'
import { lowMedian } from './low-median.js'
import { forgivingKbps, offeredBy, soakOf } from './measure.js'
import type { AtLeastReason, Measurement } from './outcome.js'
import { controlFlows, isCredible, isRefused, neededOf, type SessionFacts, thresholdKbps } from './session-facts.js'
import { neededSenders, shareKbps, turnKbps } from './share.js'

/**
 * A low reading needs an offered rate of so many per cent of the claim, and a direct probe of so many per cent of the
 * reading.
 */
export const OFFERED_PERCENT = 105
export const DIRECT_PERCENT = 115
/** The most that control datagrams may have lost. */
export const CONTROL_LOSS_BPS = 300
/**
 * No log counts for more than this part of the sender's share: one that boasts must not make up for others that sent too
 * little. An honest sender that catches up after a pause may show more for a short reading.
 */
const OFFERED_MOST = 1.1

/** @returns why the reading is a lower bound only; undefined if only the provider can have been the limit */
export function otherLimit(facts: SessionFacts, measurement: Measurement): AtLeastReason | undefined {
  const { directKbps, controlLossBps } = measurement
  const ofOffer = limitOfOffer(facts)
  if (ofOffer) return ofOffer
  if (!isEnoughControl(controlFlows(facts.senders), neededOf(facts.senders))) return 'no-control'
  if (controlLossBps > CONTROL_LOSS_BPS || isHeldUp(facts, measurement)) return 'path-limited'
  // A probe that carried nothing shows nothing, however low the reading is.
  if (directKbps === 0) return 'path-limited'
  // Unverified data of f' senders came over the same path. It lowers the reading, but shows what the path carried.
  return directKbps * 100 < DIRECT_PERCENT * forgivingKbps(facts, measurement) ? 'path-limited' : undefined
}

/** In a soak, each turn also shows by itself whether its sender's own path was free. */
function limitOfOffer(facts: SessionFacts): AtLeastReason | undefined {
  const { claimKbps } = facts
  const soak = soakOf(facts)
  if (!soak) return isOffered(facts) ? undefined : 'sender-limited'
  return turnsLimit(soak, isCredible, {
    leastKbps: (OFFERED_PERCENT * claimKbps) / 100,
    mostKbps: OFFERED_MOST * turnKbps(claimKbps),
  })
}

function isOffered(facts: SessionFacts): boolean {
  const { senders, claimKbps } = facts
  const k = senders.length
  const mostKbps = OFFERED_MOST * shareKbps(claimKbps, k)
  const offers = senders
    .filter(sender => isCredible(sender) || isRefused(sender))
    .map(sender => Math.min(offeredBy(facts, sender), mostKbps))
  return (
    offers.length >= neededSenders(k) &&
    offers.reduce((sum, kbps) => sum + kbps, 0) * 100 >= OFFERED_PERCENT * claimKbps
  )
}

/** The main flow's delay is that of the middle sender: one sender alone cannot stretch it to excuse its own link. */
function isHeldUp({ senders, kernelTimestamps }: SessionFacts, { controlDelayUs }: Measurement): boolean {
  if (!kernelTimestamps) return false
  const rises = senders.filter(sender => sender.verified > 0).map(sender => sender.riseMs)
  return isHeldUpBy(controlDelayUs / 1000, lowMedian(rises) ?? 0)
}

/**
 * Whether a direct probe could turn the session into a low vote. The receiver decides this before it knows any key. So
 * this ignores delays, and assumes that the f' senders from whom most arrived have sent garbage.
 * @param facts `needed` is k − f', less the senders that the provider refused
 * @param arrivedKbps the estimate. @param arrived datagrams of each sender. @param control the flows so far
 * @param turns estimates of a soak's turns; undefined for an ordinary session
 */
export function isDirectProbeDue(
  facts: Pick<SessionFacts, 'claimKbps' | 'breachBps'> & { readonly needed: number },
  arrivedKbps: number,
  arrived: readonly number[],
  control: readonly (ControlFlow | undefined)[],
  turns?: readonly Estimate[],
): boolean {
  if (arrived.every(datagrams => datagrams === 0)) return false // the provider is `dead`, if anything
  const likelyKbps = turns ? leastTurnKbps(turns) : leastVerifiedKbps(facts.claimKbps, arrivedKbps, arrived)
  if (likelyKbps >= thresholdKbps(facts)) return false
  const path = controlPath(control, facts.needed)
  return path !== undefined && path.lossShare * 10_000 <= CONTROL_LOSS_BPS
}

/**
 * The least that counts of a reading, if f' senders have sent garbage, as the judge would forgive it.
 * @param arrived datagrams of each sender
 */
export function leastVerifiedKbps(claimKbps: number, arrivedKbps: number, arrived: readonly number[]): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const k = arrived.length
  const needed = neededSenders(k)
  const mostKbps = POLICE_SLACK * shareKbps(claimKbps, k)
  const rates = arrived.map(datagrams => Math.min((arrivedKbps * datagrams) / sum(arrived), mostKbps))
  const least = [...rates].sort((a, b) => a - b).slice(0, needed)
  return Math.min(sum(rates), (sum(least) * k) / needed)
}
