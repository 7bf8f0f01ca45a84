/** What a client tells of itself: legs, bytes and what they cost. */
import { z } from 'zod'
import { priceOf } from '../../proto/voucher.js'
import type { Purse } from './purse.js'
import type { UserTunnel } from './user-tunnel.js'

const bytes = z.number().int().nonnegative()

export const clientStatusSchema = z.object({
  /** in bytes of the connections */
  exit: z.object({ account: z.string(), address: z.string(), carriedBytes: bytes, paidBytes: bytes }),
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

export async function statusOf(current: UserTunnel, purse: Purse): Promise<ClientStatus> {
  const { exit, legs, tunnel } = current
  const { carriedBytes, paidBytes } = await current.account()
  const spent = purse.channels.reduce((sum, { total, channel }) => sum + priceOf(total, channel.price), 0n)
  return {
    exit: { account: exit.account, address: exit.address, carriedBytes, paidBytes },
    legs: legs.open.map(({ provider, paid, lane }) => ({
      provider: provider.account,
      rttMs: paid.leg.rttMs ?? null,
      laneKbps: lane?.kbps ?? null,
      isCarrying: tunnel.activeLegs.includes(paid.leg),
      provenBytes: paid.provenBytes,
      paidBytes: paid.paidBytes,
    })),
    provenBytes: legs.provenBytes,
    paidBytes: legs.paidBytes,
    unpaidBytes: legs.provenBytes - legs.paidBytes,
    spent: `${spent}`,
    switches: legs.switches.length,
    lastSwitch: legs.switches.at(-1) ?? null,
  }
}
