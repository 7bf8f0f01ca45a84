/**
 * Signs away more than its channels hold. At one provider it has two sessions that spend one deposit, and goes on signing for
 * both. At another, it pays with the first one's channel once its own is empty.
 */
import type { PurseChannel } from '../../../market/client/purse.js'
import { payableBytes } from '../../../market/core/channel.js'
import type { AnswerVerifier, VoucherSigner } from '../../../probe/ports.js'
import { counterSign } from '../../../probe/wire/receipts.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { Ride, type Target } from './ride.js'

export interface OverspenderReport {
  readonly event: 'overspender'
  readonly payees: readonly {
    readonly payee: Hex
    readonly sessions: number
    /** that came back, at the IP layer */
    readonly deliveredBytes: number
    /** that the channel's deposit pays for */
    readonly depositBytes: number
    /** that it signed for, over the payee's own channel and a foreign one */
    readonly signedBytes: number
  }[]
}

export interface Payee {
  readonly provider: Target
  readonly answers: AnswerVerifier
  /** the channel that pays it */
  readonly channel: PurseChannel
}

export interface OverspenderOrder {
  readonly payees: readonly [Payee, Payee]
  readonly host: string
  /** of a channel's key */
  readonly signerOf: (channel: Hex) => VoucherSigner
}

const SESSIONS = [2, 1] as const
const PATIENCE_MS = 60_000

export async function overspend(order: OverspenderOrder): Promise<OverspenderReport> {
  const [first, second] = order.payees
  const payees = [
    await spend(order, first, SESSIONS[0], first.channel),
    await spend(order, second, SESSIONS[1], first.channel),
  ]
  return { event: 'overspender', payees }
}

/** @param then the channel that signs once the payee's own is empty */
async function spend({ host, signerOf }: OverspenderOrder, payee: Payee, sessions: number, then: PurseChannel) {
  const { provider, answers, channel } = payee
  const depositBytes = payableBytes(channel)
  const totals = new Map<Hex, number>()
  let signedBytes = 0
  /** @param upTo bytes of the ride, of which the last ones are paid for now */
  const sign = async (ride: Ride, upTo: number, bytes: number) => {
    const { id } = signedBytes < depositBytes ? channel : then
    const total = (totals.get(id) ?? 0) + bytes
    totals.set(id, total)
    signedBytes += bytes
    const payment = { channel: fromHex(id), total }
    await ride.client.handOver(await counterSign(ride.point, upTo, signerOf(id), payment))
  }
  const rides = await Promise.all(
    Array.from({ length: sessions }, () => Ride.openPatiently({ provider, answers, host }, PATIENCE_MS)),
  )
  await Promise.all(
    rides.map(async ride => {
      let signed = 0
      ride.onReceipt = () => {
        const bytes = ride.receivedBytes - signed
        // The rest of a deposit is worth something, and nothing if more is asked of it.
        const covered = Math.min(bytes, Math.max(0, depositBytes - signedBytes))
        for (const part of [covered, bytes - covered]) {
          signed += part
          if (part > 0) void sign(ride, signed, part)
        }
      }
      await ride.run()
      await ride.close()
    }),
  )
  const deliveredBytes = rides.reduce((sum, ride) => sum + ride.receivedBytes, 0)
  return { payee: provider.account, sessions, deliveredBytes, depositBytes, signedBytes }
}
