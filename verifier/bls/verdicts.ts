/** Which signatures were found right. A seen list is heard by itself and again in each proposal. */
import { hash } from 'node:crypto'
import { BoundedMap } from './bounded-map.js'
import type { Check } from './check.js'

/** All that 191 verifiers sign in four epochs: five signatures each. */
const MAX_REMEMBERED = 4096

/** Tells checks apart: of equal checks, one result stands for all. */
export function idOf({ keys, digest, signature }: Check): string {
  const { buffer, byteOffset, byteLength } = signature
  const text = Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  return hash('sha256', `${digest}${text}${keys.join('')}`, 'base64')
}

/** Wrong signatures are not remembered: there is no end of them, and a peer pays for each. */
export class Verdicts {
  readonly #right = new BoundedMap<string, true>(MAX_REMEMBERED)

  isRight(id: string): boolean {
    return this.#right.get(id) ?? false
  }

  remember(id: string): void {
    this.#right.set(id, true)
  }
}
