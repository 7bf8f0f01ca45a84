/** What a key file tells without its password: the account, and the public key that votes. */
import { PointFormat } from '@chainsafe/bls/types'
import { ed25519 } from '@noble/curves/ed25519.js'
import { computeAddress } from 'ethers'
import { fromHex, type Hex } from '../../proto/hex.js'
import bls from '../bls/backend.js'
import type { KeyFile } from '../config/key-file.js'

/** @returns 48 bytes, compressed G1 */
export const blsPublicKeyOf = (secret: Hex): Uint8Array =>
  bls.SecretKey.fromBytes(fromHex(secret)).toPublicKey().toBytes(PointFormat.compressed)

/** @param seed 32 bytes. @returns 32 bytes, Ed25519 */
export const peerPublicKeyOf = (seed: Hex): Uint8Array => ed25519.getPublicKey(fromHex(seed))

/** @returns lower case */
export const accountAddress = (secret: Hex): Hex => computeAddress(secret).toLowerCase() as Hex

/** The account, lower case. */
export const accountIn = (file: KeyFile): Hex =>
  file.kind === 'plain' ? accountAddress(file.keys.evm) : plainHex(file.keys.evm.address!)

/** 48 bytes, compressed G1. */
export const blsPublicKeyIn = (file: KeyFile): Uint8Array =>
  file.kind === 'plain' ? blsPublicKeyOf(file.keys.bls) : fromHex(plainHex(file.keys.bls.pubkey))

const plainHex = (text: string): Hex => `0x${text.replace(/^0x/, '').toLowerCase()}`
