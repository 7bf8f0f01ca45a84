/** What a client tells of itself: legs, bytes and what they cost. */
import { priceOf } from '../../proto/voucher.js'
import type { Purse } from './purse.js'
import type { UserTunnel } from './user-tunnel.js'

export interface ClientStatus {
  readonly exit: {
    readonly account: string
    readonly address: string
    readonly carriedBytes: number
    readonly paidBytes: number
  }
  readonly legs: readonly {
    readonly provider: string
    readonly rttMs: number | null
    readonly isCarrying: boolean
    /** IP layer, in both directions */
    readonly provenBytes: number
    readonly paidBytes: number
  }[]
  /** over all legs of this tunnel */
  readonly provenBytes: number
  readonly paidBytes: number
  readonly unpaidBytes: number
  /** over all channels, wei */
  readonly spent: string
  readonly switches: number
  readonly lastSwitch: { readonly atMs: number; readonly provider: string; readonly why: string } | null
}

export async function statusOf(current: UserTunnel, purse: Purse): Promise<ClientStatus> {
  const { exit, legs, tunnel } = current
  const { carriedBytes, paidBytes } = await current.account()
  const spent = purse.channels.reduce((sum, { total, channel }) => sum + priceOf(total, channel.price), 0n)
  return {
    exit: { account: exit.account, address: exit.address, carriedBytes, paidBytes },
    legs: legs.open.map(({ provider, paid }) => ({
      provider: provider.account,
      rttMs: paid.leg.rttMs ?? null,
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
