/** Evidence of sessions, made up for tests of the judge. */
import type { ControlFlow } from '../control.js'
import { judge } from '../judge.js'
import type { SenderEvidence, SessionFacts } from '../session-facts.js'

export const CLAIM_KBPS = 20_000
/** Datagrams in 50 ms at a share of 11 Mbit/s. */
export const A_SHARE = 56

export const logOf = (perInterval: number) => ({
  intervalMs: 50,
  sent: Array.from({ length: 30 }, () => perInterval),
  blocked: new Array(30).fill(0),
  errors: new Array(30).fill(0),
  control: new Array(30).fill(3),
})

export const clean: ControlFlow = { sent: 72, arrived: 72, spanMs: 1_150, riseMs: 0.3 }
export const lossy: ControlFlow = { ...clean, arrived: 50 }
export const heldUp: ControlFlow = { ...clean, riseMs: 120 }

export const granted: SenderEvidence = {
  answer: 'granted',
  ready: true,
  arrived: 500,
  highest: 1500,
  verified: 500,
  log: logOf(A_SHARE),
  jitterUs: 100,
  hoarding: 1,
  riseMs: 80,
  ...{ spanKbps: 5_000, host: '192.0.2.7' },
  control: clean,
  direct: { arrived: 60, verified: 60 },
}
export const silent: SenderEvidence = {
  answer: 'missing',
  ready: false,
  arrived: 0,
  highest: -1,
  verified: 0,
  log: undefined,
  jitterUs: 0,
  hoarding: 1,
  riseMs: 0,
  ...{ spanKbps: 0, host: undefined },
  control: undefined,
  direct: { arrived: 0, verified: 0 },
}
export const refused: SenderEvidence = { ...silent, answer: 'refused', refusal: 'at-fault' }
export const unreachable: SenderEvidence = { ...silent, answer: 'unreachable' }
export const notValidated: SenderEvidence = { ...silent, answer: 'granted', host: '192.0.2.7' }
export const nothingCame: SenderEvidence = { ...granted, spanKbps: 0, arrived: 0, highest: -1, verified: 0 }
export const tampered: SenderEvidence = { ...granted, verified: 0 }
export const keyless: SenderEvidence = {
  ...granted,
  verified: 0,
  log: undefined,
  control: undefined,
  direct: { arrived: 60, verified: 0 },
}

export function judged(senders: readonly SenderEvidence[], rateKbps: number, more: Partial<SessionFacts> = {}) {
  return judge({
    claimKbps: CLAIM_KBPS,
    breachBps: 7500,
    yieldMs: 1000,
    ipv6: false,
    senders,
    estimate: { rateKbps, windows: 20, fromMs: 200, toMs: 1200 },
    sinceMs: 200,
    direct: { rateKbps: 1.3 * rateKbps, windows: 10, fromMs: 1500, toMs: 2000 },
    kernelTimestamps: true,
    atOnce: false,
    heard: true,
    starvedMs: 0,
    overruns: 0,
    ...more,
  })
}
