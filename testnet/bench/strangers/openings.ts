/**
 * Openings of 10,000 keys from 64 addresses, straight at the relay: libp2p's handshakes would take longer than the bench.
 * They name a host that never asked for anything as their next hop. The host counts what the relay sends it.
 */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { SESSION_MS } from '../../../probe/constants.js'
import { connect, type Relay, streamPair } from '../../../probe/index.js'
import { paddedOpen } from '../../../probe/wire/relay-client.js'
import { IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { RelayOpen } from '../../../proto/messages.js'
import { TOKEN_BYTES } from '../../../proto/token.js'
import { PROVIDER_KEYS } from '../../lab/session.js'

/** The host that never asked. */
const VICTIM = '127.0.250.1'
const TICK_MS = 10

export interface OpeningsPlan {
  readonly keys: number
  readonly hosts: readonly string[]
  /** over which all keys come, each once */
  readonly ms: number
}

export interface OpeningsReport {
  readonly opened: number
  readonly openedBytes: number
  /** IP-layer bytes at the host that never asked */
  readonly reflectedBytes: number
}

export class Openings {
  opened = 0
  openedBytes = 0
  reflectedBytes = 0
  readonly #relay: Relay
  readonly #plan: OpeningsPlan
  readonly #victim: Socket
  readonly #running: Promise<void>

  private constructor(relay: Relay, plan: OpeningsPlan, victim: Socket) {
    this.#relay = relay
    this.#plan = plan
    this.#victim = victim
    victim.on('message', datagram => {
      this.reflectedBytes += datagram.length + IP_UDP_HEADER_BYTES
    })
    this.#running = this.#run()
  }

  static async start(relay: Relay, plan: OpeningsPlan): Promise<Openings> {
    const victim = createSocket('udp4')
    victim.bind(0, VICTIM)
    await once(victim, 'listening')
    return new Openings(relay, plan, victim)
  }

  /** Once all keys have come. */
  async end(): Promise<OpeningsReport> {
    await this.#running
    this.#victim.close()
    const { opened, openedBytes, reflectedBytes } = this
    return { opened, openedBytes, reflectedBytes }
  }

  async #run(): Promise<void> {
    const { keys, ms } = this.#plan
    const startMs = performance.now()
    while (this.opened < keys) {
      const due = Math.min(keys, (keys * (performance.now() - startMs)) / ms)
      while (this.opened < due) this.#open(this.opened++)
      await sleep(TICK_MS)
    }
  }

  #open(i: number): void {
    const { hosts } = this.#plan
    const stream = connect(streamPair(hosts[i % hosts.length]!), theirs => this.#relay.serve(theirs, `key ${i}`))
    const bytes = RelayOpen.encode(
      paddedOpen(
        {
          ...{ sessionId: randomBytes(32), nextHopHost: VICTIM, nextHopPort: this.#victim.address().port },
          ...{ budgetBytes: 1, rateKbps: 1, durationMs: SESSION_MS },
          token: i % 2 === 0 ? undefined : randomBytes(TOKEN_BYTES),
        },
        PROVIDER_KEYS.answerSigner.account,
      ),
    )
    this.openedBytes += bytes.length
    void stream.send(bytes).catch(() => {})
  }
}
