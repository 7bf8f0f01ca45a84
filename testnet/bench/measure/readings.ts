/** How two other systems turn arrivals into a rate, on the same link as the sessions. Pure. */
import type { Curve } from '../../lab/curve.js'
import { median } from '../quantile.js'

const FIRST_READING_MS = 100
const SECONDS = 30

export interface Reading {
  readonly kbps: number
  readonly fromMs: number
  readonly toMs: number
}

/** The first 100 ms of a flow only, as in Proof of Backhaul (arXiv 2210.11546). */
export function firstReading(link: Curve, beganMs: number): Reading {
  const toMs = beganMs + FIRST_READING_MS
  return { kbps: link.rateKbps(beganMs, toMs), fromMs: beganMs, toMs }
}

/** The median of thirty readings of one second each, as in FlashFlow (Tor proposal 316). */
export function medianOfSeconds(link: Curve, beganMs: number): Reading {
  const seconds = Array.from({ length: SECONDS }, (_, i) => link.rateKbps(beganMs + 1000 * i, beganMs + 1000 * (i + 1)))
  return { kbps: median(seconds), fromMs: beganMs, toMs: beganMs + 1000 * SECONDS }
}
