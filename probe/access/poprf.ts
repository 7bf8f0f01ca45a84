/** RFC 9497's partially oblivious pseudorandom function, with the suite ristretto255-SHA512. */
import { ristretto255_oprf } from '@noble/curves/ed25519.js'

/** @param info the public input of all evaluations */
export const poprf = (info: Uint8Array) => ristretto255_oprf.poprf(info)

export type Poprf = ReturnType<typeof poprf>
