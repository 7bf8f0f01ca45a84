/** Checks signatures for a node: together in a worker, and none twice that was right. */
import type { Hex } from '../../proto/hex.js'
import { requireNative } from './backend.js'
import type { Check } from './check.js'
import { type BatchCounts, Checker } from './checker.js'
import { SIGNATURE_BYTES } from './encoding.js'
import { idOf, Verdicts } from './verdicts.js'

/** What checking took. A check of an aggregate costs about as much as one of a signature, whatever its signers are. */
export interface BlsCounts extends BatchCounts {
  /** right signatures that were right before, so that nothing was checked */
  readonly remembered: number
  /** checks that have no answer yet */
  readonly waiting: number
}

/** For whom a node checks what no peer has sent. */
const SELF = 'self'

export class BlsVerifier {
  readonly #verdicts = new Verdicts()
  #remembered = 0

  /** @throws UserError without a native backend */
  constructor(private readonly checker: Checker = new Checker()) {
    requireNative()
  }

  get counts(): BlsCounts {
    return { ...this.checker.counts, remembered: this.#remembered, waiting: this.checker.waiting }
  }

  /**
   * False for malformed input too.
   * @param blsKey 128 bytes, EIP-2537 G1. @param signature 96 bytes. @param peer who sent it: peers are served in turn
   * @throws CheckerEnded; Error if the worker cannot check it
   */
  verify(blsKey: Hex, digest: Hex, signature: Uint8Array, peer = SELF): Promise<boolean> {
    return this.#check({ keys: [blsKey], digest, signature }, peer)
  }

  /** One signature of many keys over one digest. Parameters and errors as those of `verify`. */
  fastAggregateVerify(blsKeys: readonly Hex[], digest: Hex, signature: Uint8Array, peer = SELF): Promise<boolean> {
    return this.#check({ keys: blsKeys, digest, signature }, peer)
  }

  /** Ends the worker. Checks that wait, and later ones, are refused. */
  end(): Promise<void> {
    return this.checker.end()
  }

  async #check(check: Check, peer: string): Promise<boolean> {
    if (check.keys.length === 0 || check.signature.length !== SIGNATURE_BYTES) return false
    const id = idOf(check)
    if (this.#verdicts.isRight(id)) {
      this.#remembered++
      return true
    }
    const isRight = await this.checker.check(id, check, peer)
    if (isRight) this.#verdicts.remember(id)
    return isRight
  }
}
