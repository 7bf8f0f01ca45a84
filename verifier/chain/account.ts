import { computeAddress, getAddress, isAddress } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { hex } from './contracts.js'

/** The account of a secp256k1 secret, lower case. */
export const accountOf = (secret: Hex): Hex => hex(computeAddress(secret))

/** @returns undefined for a text that is no account, or whose mixed case breaks the checksum (ERC-55) */
export const parseAccount = (text: string): Hex | undefined => (isAddress(text) ? hex(getAddress(text)) : undefined)
