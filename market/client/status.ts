/** What a client tells of itself: legs, bytes and what they cost. */
import { z } from 'zod'
import { priceOf } from '../../proto/voucher.js'
import type { Legs } from './legs.js'
import type { Purse } from './purse.js'
import type { UserTunnel } from './user-tunnel.js'

const bytes = z.number().int().nonnegative()

export const clientStatusSchema = z.object({
  /** null while the client looks for the first one */
  exit: z
    .object({
      ...{ account: z.string(), address: z.string() },
      /** whether connections can be made: until then the tunnel opens */
      isOpen: z.boolean(),
      /** in bytes of the connections */
      ...{ carriedBytes: bytes, paidBytes: bytes },
    })
    .nullable(),
  legs: z.array(
    z.object({
      provider: z.string(),
      rttMs: z.number().nullable(),
      isCarrying: z.boolean(),
      /** of its lane; null without one */
      laneKbps: z.number().nullable(),
      /** IP layer, in both directions */
      provenBytes: bytes,
      paidBytes: bytes,
    }),
  ),
  /** over all legs of this tunnel */
  provenBytes: bytes,
  paidBytes: bytes,
  unpaidBytes: bytes,
  /** signed away over all channels, wei */
  spent: z.string(),
  switches: z.number(),
  lastSwitch: z.object({ atMs: z.number(), provider: z.string(), why: z.string() }).nullable(),
})
export type ClientStatus = z.infer<typeof clientStatusSchema>

/** @param current undefined before the first tunnel */
export function statusOf(current: UserTunnel | undefined, purse: Pick<Purse, 'channels'>): ClientStatus {
  const spent = purse.channels.reduce((sum, { total, channel }) => sum + priceOf(total, channel.price), 0n)
  const { provenBytes, paidBytes, open, switches } = current?.legs ?? NO_LEGS
  return {
    exit: current === undefined ? null : exitOf(current),
    legs: open.map(({ provider, paid, lane }) => ({
      provider: provider.account,
      rttMs: paid.leg.rttMs ?? null,
      laneKbps: lane?.kbps ?? null,
      isCarrying: current?.tunnel.activeLegs.includes(paid.leg) === true,
      provenBytes: paid.provenBytes,
      paidBytes: paid.paidBytes,
    })),
    ...{ provenBytes, paidBytes, unpaidBytes: provenBytes - paidBytes },
    spent: `${spent}`,
    switches: switches.length,
    lastSwitch: switches.at(-1) ?? null,
  }
}

const NO_LEGS: Pick<Legs, 'open' | 'switches' | 'provenBytes' | 'paidBytes'> = {
  ...{ open: [], switches: [], provenBytes: 0, paidBytes: 0 },
}

function exitOf({ exit: { account, address }, paid }: UserTunnel): ClientStatus['exit'] {
  const { carriedBytes, paidBytes } = paid ?? { carriedBytes: 0, paidBytes: 0 }
  return { account, address, isOpen: paid !== undefined, carriedBytes, paidBytes }
}
