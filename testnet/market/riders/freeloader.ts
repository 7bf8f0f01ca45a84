/**
 * Never pays. It opens session after session at one provider: without a token, each from a new key, from several addresses of
 * one prefix, and then with all tokens that a channel gets which has paid nothing. Both have a bound that the protocol states.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { REFUSE } from '../../../probe/plane/forwarding.js'
import type { AnswerVerifier } from '../../../probe/ports.js'
import { Ride, RideRefused, type Target } from './ride.js'

export interface FreeloaderReport {
  readonly event: 'freeloader'
  /** carried without a token */
  readonly strangerBytes: number
  /** for which it came without a token */
  readonly strangerSeconds: number
  readonly strangerSessions: number
  /** sessions that were refused because the prefix had no credit left */
  readonly outOfCredit: number
  /** carried for tokens */
  readonly tokenBytes: number
  readonly tokens: number
  /** in which it got them */
  readonly eras: number
}

export interface FreeloaderOrder {
  readonly provider: Target
  readonly answers: AnswerVerifier
  /** all in one prefix */
  readonly hosts: readonly string[]
  /** how long it comes without a token */
  readonly forMs: number
  /** Orders all tokens that a channel gets which has paid nothing. */
  readonly orderTokens: () => Promise<Uint8Array[]>
  readonly era: () => number
}

/** As many as a relay takes of one address. */
const SESSIONS_A_HOST = 4
/** As much as a relay carries for strangers alone. */
const OFFERED = 1.1
const AGAIN_MS = 1000
/** Sessions with a token that run at once: more would starve a small machine of time for anything else. */
const TOKEN_LANES = 2

export async function freeload(order: FreeloaderOrder): Promise<FreeloaderReport> {
  const strangers = await asStranger(order)
  const firstEra = order.era()
  const tokens = await order.orderTokens()
  const eras = order.era() - firstEra + 1
  const tokenBytes = await withTokens(order, tokens)
  return { event: 'freeloader', ...strangers, tokenBytes, tokens: tokens.length, eras }
}

async function asStranger({ provider, answers, hosts, forMs }: FreeloaderOrder) {
  const counts = { strangerBytes: 0, strangerSessions: 0, outOfCredit: 0 }
  const beganMs = performance.now()
  const untilMs = beganMs + forMs
  const places = hosts.flatMap(host => Array.from({ length: SESSIONS_A_HOST }, () => host))
  const rateKbps = (OFFERED * provider.claimKbps) / places.length
  const oneAfterAnother = async (host: string): Promise<void> => {
    while (performance.now() < untilMs) {
      const ride = await Ride.open({ provider, answers, host }).catch((error: Error) => error)
      if (ride instanceof Error) {
        if (ride instanceof RideRefused && ride.reason === REFUSE.credit) counts.outOfCredit++
        await pause(AGAIN_MS)
        continue
      }
      counts.strangerSessions++
      await ride.run(untilMs, rateKbps)
      await ride.close()
      counts.strangerBytes += ride.receivedBytes
    }
  }
  await Promise.all(places.map(oneAfterAnother))
  return { ...counts, strangerSeconds: (performance.now() - beganMs) / 1000 }
}

/** @returns bytes */
async function withTokens({ provider, answers, hosts }: FreeloaderOrder, tokens: readonly Uint8Array[]) {
  const left = [...tokens]
  let bytes = 0
  const oneAfterAnother = async (host: string): Promise<void> => {
    for (let token = left.pop(); token !== undefined; token = left.pop()) {
      const ride = await Ride.open({ provider, answers, host, token }).catch(() => undefined)
      await ride?.run()
      await ride?.close()
      bytes += ride?.receivedBytes ?? 0
    }
  }
  await Promise.all(Array.from({ length: TOKEN_LANES }, (_, i) => oneAfterAnother(hosts[i % hosts.length]!)))
  return bytes
}
