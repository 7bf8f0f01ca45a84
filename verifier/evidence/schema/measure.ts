/** `bandwitness measure --json`: one session from where the caller stands. */
import { z } from 'zod'
import type { Outcome } from '../../../probe/verdict/outcome.js'
import { address, count, listOf } from './scalars.js'

const amount = z.number().nonnegative()

/** See `Measurement` in probe/verdict/outcome.ts. */
const measurement = z.object({
  rateKbps: amount,
  arrivedKbps: amount,
  verifiedKbps: amount,
  goodputKbps: amount,
  lossBps: amount,
  jitterUs: amount,
  delayUs: amount,
  offeredKbps: amount,
  controlLossBps: amount,
  controlDelayUs: amount,
  directKbps: amount,
  windows: count,
  durationMs: amount,
  receivedBytes: count,
})

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('verified'), measurement }),
  z.object({ kind: z.literal('under'), measurement }),
  z.object({
    kind: z.literal('at-least'),
    measurement,
    reason: z.enum(['sender-limited', 'path-limited', 'unstable', 'no-control', 'sender-spoiled', 'receiver-overrun']),
  }),
  z.object({ kind: z.literal('refused'), refusals: count }),
  z.object({ kind: z.literal('dead'), granted: count }),
  z.object({ kind: z.literal('garbage'), measurement }),
  z.object({ kind: z.literal('no-path'), reason: z.enum(['family', 'path-mtu', 'udp-blocked', 'refusals']) }),
  z.object({
    kind: z.literal('no-data'),
    reason: z.enum(['provider-unreachable', 'senders-missing', 'path-not-validated', 'receiver-fault']),
  }),
]) satisfies z.ZodType<Outcome>

export const measureSchema = z.object({
  provider: address,
  /** against which it was measured */
  claimKbps: count,
  /** that of the registry */
  registeredKbps: count,
  outcome,
  verdict: z.string(),
  /** the rate through the provider, from one report of progress to the next */
  rates: listOf(z.object({ ms: count, kbps: count })),
})
export type MeasureJson = z.infer<typeof measureSchema>
