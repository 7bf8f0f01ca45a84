/**
 * What a relay carries for strangers before they pay. An address costs little and a prefix much more, so each prefix has one
 * sum for a period, whoever opens sessions from it.
 */
import { prefixKey } from '../wire/host-key.js'

export interface CreditRule {
  /** that a prefix may have carried and not paid for in a period, at the IP layer */
  readonly bytes: number
  readonly periodMs: number
}

/** One session's part of a prefix's credit. */
export interface CreditLine {
  /** What the session may still leave unpaid, at most, when it has begun to pay. */
  lower(mostUnpaidBytes: number): void
  /** The session is over. */
  close(unpaidBytes: number): void
}

const FREE: CreditLine = { lower: () => {}, close: () => {} }

export class Credit {
  readonly #rule: CreditRule | undefined
  /** by prefix: bytes that its sessions left unpaid in this period, or still may */
  #used = new Map<string, number>()
  #period = Number.NaN

  /** @param rule undefined for no limit, as in a lab */
  constructor(rule: CreditRule | undefined) {
    this.#rule = rule
  }

  /** Whether a session from here may be given so much. */
  hasRoomFor(host: string, bytes: number, nowMs: number): boolean {
    if (this.#rule === undefined) return true
    this.#turn(nowMs)
    return (this.#used.get(prefixKey(host)) ?? 0) + bytes <= this.#rule.bytes
  }

  open(host: string, bytes: number, nowMs: number): CreditLine {
    if (this.#rule === undefined) return FREE
    this.#turn(nowMs)
    const key = prefixKey(host)
    const used = this.#used // a session that outlasts its period belongs to it
    let held = 0
    const hold = (now: number) => {
      used.set(key, (used.get(key) ?? 0) + now - held)
      held = now
    }
    hold(bytes)
    return {
      lower: mostUnpaidBytes => hold(Math.min(held, mostUnpaidBytes)),
      close: unpaidBytes => hold(Math.min(bytes, Math.max(0, unpaidBytes))),
    }
  }

  #turn(nowMs: number): void {
    const period = Math.floor(nowMs / this.#rule!.periodMs)
    if (period === this.#period) return
    this.#period = period
    this.#used = new Map()
  }
}
