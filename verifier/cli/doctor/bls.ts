/** Whether signatures are made and checked by the native library, and how fast. */
import { systemRandom } from '../../../probe/index.js'
import { toHex, ZERO_HASH } from '../../../proto/hex.js'
import { implementation, isNative, NATIVE_ADVICE } from '../../bls/backend.js'
import { BatchChecks } from '../../bls/check.js'
import { BlsSigner } from '../../bls/signer.js'
import { createKeys } from '../../config/keys.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good, warning } from '../finding.js'

const CHECKS = 16
/** In an epoch, each of 191 verifiers checks a few statements of each other one. */
const FEW_A_SECOND = 100

/** Times the checks with a throw-away key: the node's own signs nothing. */
export function blsFinding(nowMs: () => number): Finding {
  if (!isNative)
    return bad('bls', `runs on "${implementation}", five times slower than the native library`, NATIVE_ADVICE)
  const [signer, checks] = [new BlsSigner(createKeys(systemRandom).bls), new BatchChecks()]
  const check = { keys: [toHex(signer.publicKey128)], digest: ZERO_HASH, signature: signer.sign(ZERO_HASH) }
  const startMs = nowMs()
  for (let i = 0; i < CHECKS; i++) checks.check([check])
  const aSecond = Math.round((CHECKS * 1000) / (nowMs() - startMs))
  const found = `native (${implementation}), checks ${aSecond} signatures a second`
  return aSecond < FEW_A_SECOND
    ? warning('bls', found, 'Give this machine less to do, or take a faster one.')
    : good('bls', found)
}
