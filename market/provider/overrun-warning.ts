/** What a provider's operator can do about datagrams that the relay's own socket lost. */
import type { Relay } from '../../probe/index.js'
import { RECEIVE_BUFFER_BYTES } from '../../probe/io/datagram-port.js'

/** Warns whenever the relay has lost datagrams since the call before. */
export class OverrunWarning {
  readonly #relay: Pick<Relay, 'stats' | 'facts'>
  readonly #warn: (facts: object, message: string) => void
  #before = 0

  constructor(relay: Pick<Relay, 'stats' | 'facts'>, warn: (facts: object, message: string) => void) {
    this.#relay = relay
    this.#warn = warn
  }

  check(): void {
    const { overruns } = this.#relay.stats
    const lost = overruns - this.#before
    if (lost === 0) return
    this.#before = overruns
    const { receiveBufferBytes } = this.#relay.facts
    this.#warn({ lost, overruns, receiveBufferBytes }, messageOf(lost, receiveBufferBytes))
  }
}

function messageOf(lost: number, receiveBufferBytes: number): string {
  const what = `this machine did not read its UDP port in time and lost ${lost} datagrams, which count as not delivered`
  if (receiveBufferBytes >= RECEIVE_BUFFER_BYTES) return `${what}: give it less to do, or lower the claim`
  return `${what}: allow a larger buffer with "sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}", then start again`
}
