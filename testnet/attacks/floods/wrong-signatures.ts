/** Commitments that only a pairing tells from right ones: each signature is a point of the curve. */
import { randomBytes } from 'node:crypto'
import { keccakText } from '../../../proto/hash.js'
import { toHex } from '../../../proto/hex.js'
import { Commit } from '../../../proto/messages.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import { type Attacker, often } from '../attacker.js'
import type { Flood } from '../floods.js'

const PER_SECOND = 1000

/** A signature, over another text and by another key. */
export const WRONG_SIGNATURE = new BlsSigner(keccakText('nobody')).sign(toHex(new Uint8Array(32)))

/** In the name of any verifier that has announced itself. */
export const anybody = ({ victims }: Attacker, i: number): number => victims[i % victims.length]!.index

export const wrongSignatures: Flood = (attacker, signal) =>
  often(PER_SECOND, signal, i => {
    const { epoch } = attacker
    const commitment = randomBytes(32)
    const signature = WRONG_SIGNATURE
    return attacker.say('commit', Commit.encode({ epoch, verifier: anybody(attacker, i), commitment, signature }))
  })
