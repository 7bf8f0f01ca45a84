/** The opener's side of tokens: blinds random inputs, and unblinds what the provider made of them (RFC 9497). */
import type { TokenIssue } from '../../proto/messages.js'
import { encodeToken, TOKEN_INPUT_BYTES } from '../../proto/token.js'
import type { RandomSource } from '../ports.js'
import { type Poprf, poprf } from './poprf.js'

/** What a token is good for, and the key that the provider announced to everybody. */
export interface TokenTerms {
  readonly publicKey: Uint8Array
  /** see `tokenInfo` */
  readonly info: Uint8Array
  readonly era: number
}

export class TokenOrder {
  readonly #poprf: Poprf
  readonly #era: number
  readonly #inputs: readonly Uint8Array[]
  readonly #blinds: readonly ReturnType<Poprf['blind']>[]

  /** About 1.5 ms for each token. @throws Error if the public key is not a ristretto255 element */
  constructor({ publicKey, info, era }: TokenTerms, count: number, random: RandomSource) {
    this.#poprf = poprf(info)
    this.#era = era
    this.#inputs = Array.from({ length: count }, () => random.bytes(TOKEN_INPUT_BYTES))
    this.#blinds = this.#inputs.map(input => this.#poprf.blind(input, publicKey))
  }

  /** for the provider, which learns nothing from them */
  get blindedElements(): Uint8Array[] {
    return this.#blinds.map(({ blinded }) => blinded)
  }

  /**
   * The tokens. About 2 ms each.
   * @throws Error if the proof does not show that the announced key evaluated all elements: with a key of its own for
   * each verifier, a provider could tell whose token it is shown
   */
  finish({ evaluatedElements, evaluationProof }: TokenIssue): Uint8Array[] {
    if (evaluatedElements.length !== this.#inputs.length) throw new Error('not as many elements as were asked for')
    const items = this.#blinds.map(({ blind, blinded }, i) => {
      return { input: this.#inputs[i]!, blind, blinded, evaluated: evaluatedElements[i]! }
    })
    const outputs = this.#poprf.finalizeBatch(items, evaluationProof, this.#blinds[0]!.tweakedKey)
    return outputs.map((output, i) => encodeToken({ era: this.#era, input: this.#inputs[i]!, output }))
  }
}
