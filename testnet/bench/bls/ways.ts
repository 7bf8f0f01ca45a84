/** Ways to check the same signatures, each timed. The library is called as a program would that does nothing else. */
import { keccakText } from '../../../proto/hash.js'
import { fromHex, toHex } from '../../../proto/hex.js'
import { native } from '../../../verifier/bls/backend.js'
import { BatchChecks, type Check } from '../../../verifier/bls/check.js'
import { Checker, MAX_BATCH } from '../../../verifier/bls/checker.js'
import { g1FromEip2537 } from '../../../verifier/bls/encoding.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import { BlsVerifier } from '../../../verifier/bls/verifier.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import type { Way } from './result.js'

const blst = native()

interface Signed extends Check {
  readonly publicKey: ReturnType<typeof blst.PublicKey.fromBytes>
}

/** Right signatures of 64 keys, over a digest each or over one. */
function signatures(seed: string, count: number, shared: boolean): Signed[] {
  const signers = Array.from({ length: Math.min(count, MAX_BATCH) }, (_, i) => {
    const signer = new BlsSigner(keysFromSeed(seed, `verifier ${i}`).bls)
    const publicKey = blst.PublicKey.fromBytes(g1FromEip2537(signer.publicKey128), true)
    return { signer, publicKey, keys: [toHex(signer.publicKey128)] }
  })
  return Array.from({ length: count }, (_, i) => {
    const { signer, publicKey, keys } = signers[i % signers.length]!
    const round = shared ? Math.floor(i / MAX_BATCH) : i // no key signs one digest twice
    const digest = keccakText(`${seed} ${round}`)
    return { publicKey, keys, digest, signature: signer.sign(digest) }
  })
}

const batchesOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / MAX_BATCH) }, (_, i) => items.slice(i * MAX_BATCH, (i + 1) * MAX_BATCH))

function directly(signed: readonly Signed[]): boolean {
  return batchesOf(signed).every(batch =>
    blst.verifyMultipleAggregateSignatures(
      batch.map(({ publicKey, digest, signature }) => {
        return { msg: fromHex(digest), pk: publicKey, sig: blst.Signature.fromBytes(signature, true) }
      }),
    ),
  )
}

function directlyOfOneDigest(signed: readonly Signed[]): boolean {
  return batchesOf(signed).every(batch => {
    const sets = batch.map(({ publicKey, signature }) => ({ pk: publicKey, sig: signature }))
    const { pk, sig } = blst.aggregateWithRandomness(sets)
    return blst.verify(fromHex(batch[0]!.digest), pk, sig)
  })
}

/** All ways, over the same keys. `end` leaves no thread behind. */
export class Ways {
  readonly #checker = new Checker()
  readonly #onMainThread = new BatchChecks()
  readonly #distinct: readonly Signed[]
  readonly #shared: readonly Signed[]
  readonly #wrong: readonly Signed[]

  constructor(
    seed: string,
    readonly count: number,
  ) {
    this.#distinct = signatures(seed, count, false)
    this.#shared = signatures(seed, count, true)
    const last = this.#distinct.at(-1)!.signature
    this.#wrong = this.#distinct.map((one, i) => ({ ...one, signature: this.#distinct[i - 1]?.signature ?? last }))
  }

  /** One run. @returns signatures a second. @throws Error if a verdict is wrong */
  async rateOf(way: Way): Promise<number> {
    const startMs = performance.now()
    const isRight = await this.#run(way)
    const seconds = (performance.now() - startMs) / 1000
    if (!isRight) throw new Error(`${way}: a wrong verdict`)
    return this.count / seconds
  }

  end(): Promise<void> {
    return this.#checker.end()
  }

  async #run(way: Way): Promise<boolean> {
    switch (way) {
      case 'blst':
        return directly(this.#distinct)
      case 'checker':
        return (await this.#together(this.#distinct)).every(Boolean)
      case 'blst, one digest':
        return directlyOfOneDigest(this.#shared)
      case 'checker, one digest':
        return (await this.#together(this.#shared)).every(Boolean)
      case 'checker, one by one':
        return this.#oneByOne()
      case 'main thread, one by one':
        return this.#distinct.every(one => this.#onMainThread.check([one])[0])
      case 'checker, all wrong':
        return !(await this.#together(this.#wrong)).some(Boolean)
    }
  }

  /** A verifier that remembers nothing yet, with a worker that runs. */
  #verifying(): (one: Signed) => Promise<boolean> {
    const verifier = new BlsVerifier(this.#checker)
    return ({ keys, digest, signature }) => verifier.verify(keys[0]!, digest, signature)
  }

  #together(signed: readonly Signed[]): Promise<boolean[]> {
    return Promise.all(signed.map(this.#verifying()))
  }

  async #oneByOne(): Promise<boolean> {
    const verify = this.#verifying()
    for (const one of this.#distinct) if (!(await verify(one))) return false
    return true
  }
}
