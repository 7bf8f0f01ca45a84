import { keysFromSeed, type NodeKeys } from '../../verifier/config/keys.js'

/** The account that posts a decoy's commitments. Nothing on chain connects it with the decoy. @param seed the decoy's */
export const purseOf = (seed: string): NodeKeys => keysFromSeed(seed, 'purse')
