/** Stands in front of a provider's TCP port. While it is shut, nothing that openers say gets in: no payment either. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../../../probe/tunnel/index.js'

export class Gate {
  readonly #server: Server
  readonly #fronts = new Set<Socket>()
  #isShut = false

  private constructor(inside: Address) {
    this.#server = createServer({ noDelay: true }, front => {
      const back = connect({ ...inside, noDelay: true })
      this.#fronts.add(front)
      front.once('close', () => this.#fronts.delete(front))
      for (const [one, other] of [
        [front, back],
        [back, front],
      ] as const) {
        one.on('error', () => {}) // the end of one is the end of the other
        one.once('close', () => other.end())
        one.on('data', bytes => other.write(bytes))
      }
      if (this.#isShut) front.pause()
    })
  }

  static async open(host: string, inside: Address): Promise<Gate> {
    const gate = new Gate(inside)
    gate.#server.listen(0, host)
    await once(gate.#server, 'listening')
    return gate
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** What openers say waits. */
  shut(): void {
    this.#isShut = true
    for (const front of this.#fronts) front.pause()
  }

  /** What waited gets in. */
  reopen(): void {
    this.#isShut = false
    for (const front of this.#fronts) front.resume()
  }

  /** Ends all connections. What waited is lost. */
  cut(): void {
    for (const front of this.#fronts) front.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
