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
  /** @returns undefined when there are no more */
  readonly nextToken: () => Promise<Uint8Array | undefined>
  readonly era: () => number
}

/** As many as a relay takes of one address. */
const SESSIONS_A_HOST = 4
/** More than a relay carries for strangers. */
const OFFERED = 1.25
const AGAIN_MS = 500
/** Sessions with a token that run at once: more would starve a small machine of time for anything else. */
const TOKEN_LANES = 3
const TOKEN_PATIENCE_MS = 10_000

export async function freeload(order: FreeloaderOrder): Promise<FreeloaderReport> {
  const strangers = await asStranger(order)
  const firstEra = order.era()
  const tokens = await withTokens(order)
  return { event: 'freeloader', ...strangers, ...tokens, eras: order.era() - firstEra + 1 }
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

async function withTokens({ provider, answers, hosts, nextToken }: FreeloaderOrder) {
  let [tokenBytes, tokens] = [0, 0]
  const oneAfterAnother = async (host: string): Promise<void> => {
    for (let token = await nextToken(); token !== undefined; token = await nextToken()) {
      tokens++
      const ride = await Ride.openPatiently({ provider, answers, host, token }, TOKEN_PATIENCE_MS)
      await ride.run()
      await ride.close()
      tokenBytes += ride.receivedBytes
    }
  }
  await Promise.all(Array.from({ length: TOKEN_LANES }, (_, i) => oneAfterAnother(hosts[i % hosts.length]!)))
  return { tokenBytes, tokens }
}
