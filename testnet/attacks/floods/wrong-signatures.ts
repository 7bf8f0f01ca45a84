/** Commitments that only a pairing tells from right ones: each signature is a point of the curve. */
import { randomBytes } from 'node:crypto'
import { ZERO_HASH } from '../../../proto/hex.js'
import { Commit } from '../../../proto/messages.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import { type Attacker, type Flood, often } from '../attacker.js'

const PER_SECOND = 1000

/** By a key that is in no frozen set. */
export const WRONG_SIGNATURE = new BlsSigner(keysFromSeed('nobody', 'nobody').bls).sign(ZERO_HASH)

/** In the name of any verifier that has announced itself. */
export const anybody = ({ victims }: Attacker, i: number): number => victims[i % victims.length]!.index

export const wrongSignatures: Flood = (attacker, signal) =>
  often(PER_SECOND, signal, i => {
    const { epoch } = attacker
    const commitment = randomBytes(32)
    const signature = WRONG_SIGNATURE
    return attacker.say('commit', Commit.encode({ epoch, verifier: anybody(attacker, i), commitment, signature }))
  })
