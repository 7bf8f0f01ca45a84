/**
 * What a sender says it sent, in intervals of 50 ms from its start. Without this log no low reading counts against a
 * provider.
 */
import type { SendLog } from '../../proto/messages.js'
import { LOG_INTERVAL_MS } from '../constants.js'

/** Datagrams sent through the provider; due but given up; refused by the socket; and sent directly, as control. */
export type LogKind = 'sent' | 'blocked' | 'errors' | 'control'

export class SendLogWriter {
  readonly #log: Record<LogKind, number[]> = { sent: [], blocked: [], errors: [], control: [] }

  add(kind: LogKind, elapsedMs: number, datagrams: number): void {
    const interval = Math.floor(elapsedMs / LOG_INTERVAL_MS)
    while (this.#log.sent.length <= interval) for (const list of Object.values(this.#log)) list.push(0)
    this.#log[kind][interval]! += datagrams
  }

  get log(): SendLog {
    return { intervalMs: LOG_INTERVAL_MS, ...this.#log }
  }
}

export const isWellFormed = ({ intervalMs, sent, blocked, errors, control }: SendLog): boolean =>
  intervalMs === LOG_INTERVAL_MS && [blocked, errors, control].every(list => list.length === sent.length)

export const totalSent = (log: SendLog): number => log.sent.reduce((sum, n) => sum + n, 0)

/**
 * Mean rate over the intervals that lie in the span, at least one; kbit/s at the IP layer.
 * @param datagramBytes of one datagram, at the IP layer
 */
export function offeredKbps(log: SendLog, fromMs: number, toMs: number, datagramBytes: number): number {
  const first = Math.max(0, Math.ceil(fromMs / LOG_INTERVAL_MS))
  const end = Math.max(first + 1, Math.floor(toMs / LOG_INTERVAL_MS))
  const sent = log.sent.slice(first, end).reduce((sum, n) => sum + n, 0)
  return (sent * datagramBytes * 8) / ((end - first) * LOG_INTERVAL_MS)
}
