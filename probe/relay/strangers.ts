/** The sessions of strangers: few in all, fewer for each host, and fewer still for each peer. */
import { MAX_STRANGERS, MAX_STRANGERS_PER_HOST, MAX_STRANGERS_PER_PEER } from '../constants.js'
import { hostKey } from '../wire/host-key.js'

export class Strangers {
  readonly #hosts: string[] = []
  readonly #peers: string[] = []

  hasRoomFor(peer: string, host: string): boolean {
    if (this.#peers.length >= MAX_STRANGERS) return false
    const [ofHost, ofPeer] = [countOf(this.#hosts, hostKey(host)), countOf(this.#peers, peer)]
    return ofHost < MAX_STRANGERS_PER_HOST && ofPeer < MAX_STRANGERS_PER_PEER
  }

  /** @returns how to leave */
  enter(peer: string, host: string): () => void {
    const key = hostKey(host)
    this.#hosts.push(key)
    this.#peers.push(peer)
    return () => {
      removeOne(this.#hosts, key)
      removeOne(this.#peers, peer)
    }
  }
}

const countOf = (all: readonly string[], wanted: string): number => all.filter(one => one === wanted).length

const removeOne = (all: string[], gone: string): void => {
  all.splice(all.indexOf(gone), 1)
}
