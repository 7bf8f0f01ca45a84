/** What the provider of one session sees of its own line: the monitor that `provider run` has, and its reading. */
import { Headroom, LOOK_MS } from '../../../market/provider/headroom.js'
import { type Relay, systemClock } from '../../../probe/index.js'

export class ProviderMonitor {
  readonly #relay: Relay
  readonly #headroom: Headroom
  readonly #timer: NodeJS.Timeout
  readonly #served: Promise<void>[] = []

  constructor(relay: Relay, claimKbps: number) {
    this.#relay = relay
    this.#headroom = new Headroom(() => claimKbps)
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#look()
  }

  /** @param served ends once the relay has heard the receiver's counter-signature, or gives it up */
  follow(served: Promise<void>): void {
    this.#served.push(served)
  }

  /** Whether the provider was warned that its line did not keep the claim. The session is over. */
  async warned(): Promise<boolean> {
    await Promise.all(this.#served)
    this.#look()
    // The provider of a session is gone after it. One that stays reads at most READING_MS later.
    return this.#headroom.finish()?.kept === false
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#headroom.look(this.#relay.stats, systemClock.now())
  }
}
