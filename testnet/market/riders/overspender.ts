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
  // A session that never paid has its credit and no more. So each pays a part of the deposit before any signs more than there is.
  const share = Math.ceil(depositBytes / sessions)
  await Promise.all(
    rides.map(async ride => {
      let signed = 0
      const signUpTo = (most: number) => {
        const bytes = Math.min(ride.receivedBytes, most) - signed
        if (bytes <= 0) return
        signed += bytes
        void sign(ride, signed, bytes)
      }
      ride.onReceipt = () => {
        signUpTo(share)
        if (signedBytes >= depositBytes) signUpTo(Number.POSITIVE_INFINITY)
      }
      await ride.run()
      await ride.close()
    }),
  )
  const deliveredBytes = rides.reduce((sum, ride) => sum + ride.receivedBytes, 0)
  return { payee: provider.account, sessions, deliveredBytes, depositBytes, signedBytes }
}
