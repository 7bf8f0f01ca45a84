/** Messages of an epoch that has not begun: nobody can know yet whether they are right. */
import { randomBytes } from 'node:crypto'
import { commitDigest } from '../../../proto/digests.js'
import { toHex } from '../../../proto/hex.js'
import { Commit } from '../../../proto/messages.js'
import { type Flood, often } from '../attacker.js'
import { anybody, WRONG_SIGNATURE } from './wrong-signatures.js'

const PER_SECOND = 1000

export const nextEpoch: Flood = (attacker, signal) => {
  const { network, own } = attacker
  // One right signature: they are told apart by what they commit to.
  const commitment = randomBytes(32)
  const verifier = own?.index ?? anybody(attacker, 0)
  return often(PER_SECOND, signal, i => {
    const epoch = attacker.epoch + 1
    const id = { era: attacker.eraOf(epoch), epoch }
    const right = i === 0 ? own?.signer.sign(commitDigest(network, id, verifier, toHex(commitment))) : undefined
    const changed = i === 0 ? commitment : randomBytes(32)
    return attacker.say(
      'commit',
      Commit.encode({ epoch, verifier, commitment: changed, signature: right ?? WRONG_SIGNATURE }),
    )
  })
}
