/**
 * Before a relay forwards anything, the next hop must echo a nonce from the address that the session names. So nobody
 * can aim a relay at a host that did not ask for data. Before the echo the relay sends at most 50 datagrams of 28
 * bytes.
 */
import { CHALLENGE_BYTES, CHALLENGE_MAGIC, ECHO_MAGIC, NONCE_BYTES, TAG_BYTES } from '../../proto/datagram.js'
import { CHALLENGE_INTERVAL_MS, CHALLENGE_TIMEOUT_MS } from '../constants.js'

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

export class PathValidation {
  readonly #nonce: Uint8Array
  readonly #onSettled: (validated: boolean) => void
  readonly #interval: NodeJS.Timeout
  readonly #timeout: NodeJS.Timeout
  #settled = false
  validated = false

  /** @param onSettled called once, with whether the next hop answered in time */
  constructor(
    tag: Uint8Array,
    nonce: Uint8Array,
    send: (challenge: Uint8Array) => void,
    onSettled: (validated: boolean) => void,
  ) {
    this.#nonce = nonce
    this.#onSettled = onSettled
    const challenge = challengeOf(tag, nonce)
    send(challenge)
    this.#interval = setInterval(() => send(challenge), CHALLENGE_INTERVAL_MS)
    this.#timeout = setTimeout(() => this.stop(), CHALLENGE_TIMEOUT_MS)
  }

  /** @returns whether this is the awaited echo */
  accept(echo: Uint8Array, isFromNextHop: boolean): boolean {
    if (!isFromNextHop || Buffer.compare(echo.subarray(NONCE_OFFSET), this.#nonce) !== 0) return false
    this.validated = true
    this.stop()
    return true
  }

  stop(): void {
    clearInterval(this.#interval)
    clearTimeout(this.#timeout)
    if (this.#settled) return
    this.#settled = true
    this.#onSettled(this.validated)
  }
}
