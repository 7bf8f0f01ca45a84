/**
 * What every opening asks a provider for, whoever opens it and for whatever: senders of probes and of soaks, heartbeats
 * and users. So the request does not tell what follows. The opener keeps to less by itself.
 */
import { MAX_BUDGET_MS, SESSION_MS } from '../constants.js'
import type { RelayRequest } from '../wire/relay-client.js'
import { bytesIn, maxShareKbps } from './share.js'

export interface SessionShape {
  /** IP layer */
  readonly rateKbps: number
  /** IP layer */
  readonly budgetBytes: number
  readonly durationMs: number
}

const MAX_UINT32 = 0xffffffff

/** @param claimKbps of the provider, as the chain holds it */
export function shapeOf(claimKbps: number): SessionShape {
  const rateKbps = maxShareKbps(claimKbps)
  const budgetBytes = Math.min(MAX_UINT32, Math.floor(bytesIn(rateKbps, MAX_BUDGET_MS)))
  return { rateKbps, budgetBytes, durationMs: SESSION_MS }
}

/** Where the provider forwards to. */
export interface NextHop {
  /** an address literal */
  readonly host: string
  readonly port: number
}

/** What every opener asks for. @param claimKbps of the provider, as the chain holds it */
export const requestOf = (
  sessionId: Uint8Array,
  { host, port }: NextHop,
  claimKbps: number,
  token?: Uint8Array,
): RelayRequest => ({
  ...{ sessionId, nextHopHost: host, nextHopPort: port, token },
  ...shapeOf(claimKbps),
})
