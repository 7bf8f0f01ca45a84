/**
 * Before a relay forwards anything, the next hop must echo a nonce from the address that the session names. So nobody
 * can aim a relay at a host that did not ask for data.
 *
 * Before the echo, the relay sends the next hop no more bytes, with IP and UDP headers, than the opening message had.
 * That is the limit of QUIC (RFC 9000, section 8.1) with a factor of 1 instead of 3. And as in QUIC (section 14.1),
 * openers pad that message: to OPEN_BYTES, enough for CHALLENGES.
 *
 * The challenges leave 20, 55, 116, 224, 411, 739, 1314 and 2319 ms after the opening, if none is answered. The next hop
 * hears of its tag from the opener. On round trips of 150 ms it knows the tag after 150 ms, so six challenges (from
 * 116 ms on) arrive late enough to be answered and early enough for their echoes. If the path loses 5 % each way, all six
 * fail with probability (1 − 0.95²)⁶ = 9·10⁻⁷. On round trips of 320 ms five remain (9·10⁻⁶), and on 600 ms four (10⁻⁴).
 */
import {
  CHALLENGE_BYTES,
  CHALLENGE_MAGIC,
  ECHO_MAGIC,
  headerBytes,
  NONCE_BYTES,
  TAG_BYTES,
} from '../../proto/datagram.js'
import { CHALLENGE_BACKOFF, CHALLENGE_FIRST_MS, CHALLENGE_TIMEOUT_MS } from '../constants.js'
import { isOverIpv6 } from './address-family.js'

const NONCE_OFFSET = CHALLENGE_BYTES - NONCE_BYTES

const hasMagic = (datagram: Uint8Array, magic: Uint8Array): boolean =>
  datagram.length === CHALLENGE_BYTES && magic.every((byte, i) => datagram[TAG_BYTES + i] === byte)

export const isChallenge = (datagram: Uint8Array): boolean => hasMagic(datagram, CHALLENGE_MAGIC)
export const isEcho = (datagram: Uint8Array): boolean => hasMagic(datagram, ECHO_MAGIC)

export const challengeOf = (tag: Uint8Array, nonce: Uint8Array): Buffer => Buffer.concat([tag, CHALLENGE_MAGIC, nonce])

/** The answer of a next hop that expects the challenge's tag. */
export function echoOf(challenge: Uint8Array): Buffer {
  const echo = Buffer.from(challenge)
  echo.set(ECHO_MAGIC, TAG_BYTES)
  return echo
}

export interface PathValidationOptions {
  readonly tag: Uint8Array
  readonly nonce: Uint8Array
  readonly nextHopHost: string
  /** length of the opening message */
  readonly openBytes: number
  /** @returns whether the challenge went out. If not, a later one may. */
  readonly send: (challenge: Uint8Array) => boolean
  /** Hears once whether the next hop answered in time. */
  readonly onSettled: (validated: boolean) => void
}

export class PathValidation {
  readonly #options: PathValidationOptions
  readonly #challenge: Uint8Array
  readonly #challengeBytes: number
  readonly #timeout: NodeJS.Timeout
  /** IP-layer bytes that the next hop may still get */
  #allowedBytes: number
  #next: NodeJS.Timeout | undefined
  #settled = false
  validated = false

  constructor(options: PathValidationOptions) {
    const { tag, nonce, nextHopHost, openBytes } = options
    this.#options = options
    this.#challenge = challengeOf(tag, nonce)
    this.#challengeBytes = CHALLENGE_BYTES + headerBytes(isOverIpv6(nextHopHost))
    this.#allowedBytes = openBytes
    this.#timeout = setTimeout(() => this.stop(), CHALLENGE_TIMEOUT_MS)
    this.#schedule(CHALLENGE_FIRST_MS)
  }

  /** @returns whether this is the awaited echo */
  accept(echo: Uint8Array, isFromNextHop: boolean): boolean {
    if (!isFromNextHop || Buffer.compare(echo.subarray(NONCE_OFFSET), this.#options.nonce) !== 0) return false
    this.validated = true
    this.stop()
    return true
  }

  stop(): void {
    clearTimeout(this.#next)
    clearTimeout(this.#timeout)
    if (this.#settled) return
    this.#settled = true
    this.#options.onSettled(this.validated)
  }

  #schedule(ms: number): void {
    if (this.#allowedBytes < this.#challengeBytes) return
    this.#next = setTimeout(() => {
      if (this.#options.send(this.#challenge)) this.#allowedBytes -= this.#challengeBytes
      this.#schedule(ms * CHALLENGE_BACKOFF)
    }, ms)
  }
}
