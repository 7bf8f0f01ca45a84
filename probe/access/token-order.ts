/** The opener's side of tokens: blinds random inputs, and unblinds what the provider made of them (RFC 9497). */
import type { TokenIssue } from '../../proto/messages.js'
import { encodeToken, TOKEN_INPUT_BYTES } from '../../proto/token.js'
import type { RandomSource } from '../ports.js'
import { type Blind, Poprf } from './poprf.js'

/** What a token is good for, and the key that the provider announced to everybody. */
export interface TokenTerms {
  readonly publicKey: Uint8Array
  /** see `tokenInfo` */
  readonly info: Uint8Array
  readonly era: number
}

export class TokenOrder {
  readonly #poprf: Poprf
  readonly #key: Uint8Array
  readonly #era: number
  readonly #items: readonly (Blind & { readonly input: Uint8Array })[]

  /** About 0.4 ms for each token. @throws Error if the public key is not a ristretto255 element */
  constructor({ publicKey, info, era }: TokenTerms, count: number, random: RandomSource) {
    this.#poprf = new Poprf(info)
    this.#key = this.#poprf.keyOf(publicKey)
    this.#era = era
    this.#items = Array.from({ length: count }, () => {
      const input = random.bytes(TOKEN_INPUT_BYTES)
      return { input, ...this.#poprf.blind(input, random) }
    })
  }

  /** for the provider, which learns nothing from them */
  get blindedElements(): Uint8Array[] {
    return this.#items.map(({ blinded }) => blinded)
  }

  /**
   * The tokens. About 1 ms each.
   * @throws Error if the proof does not show that the announced key evaluated all elements: with a key of its own for
   * each verifier, a provider could tell whose token it is shown
   */
  finish({ evaluatedElements, evaluationProof }: TokenIssue): Uint8Array[] {
    if (evaluatedElements.length !== this.#items.length) throw new Error('not as many elements as were asked for')
    const items = this.#items.map((item, i) => ({ ...item, evaluated: evaluatedElements[i]! }))
    const outputs = this.#poprf.finish(items, evaluationProof, this.#key)
    return items.map(({ input }, i) => encodeToken({ era: this.#era, input, output: outputs[i]! }))
  }
}
