import { computeAddress } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { hex } from './contracts.js'

/** The account of a secp256k1 secret, lower case. */
export const accountOf = (secret: Hex): Hex => hex(computeAddress(secret))
