/** What a lane's throw-away key signs, for one contract. */
import { recoverAddress, Signature, SigningKey } from 'ethers'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import { laneSessionDigest } from '../../proto/lane.js'
import type { NetworkFile } from '../config/network-file.js'
import { hex } from './contracts.js'

export interface LaneSession {
  /** of the lane */
  readonly id: Hex
  /** of the session with the provider */
  readonly sessionId: Uint8Array
}

type File = Pick<NetworkFile, 'chainId'> & { readonly contracts: Pick<NetworkFile['contracts'], 'lanes'> }

const digestOf = ({ chainId, contracts }: File, { id, sessionId }: LaneSession): Hex =>
  laneSessionDigest({ chainId, contract: contracts.lanes }, id, toHex(sessionId))

/** @returns r, s and v: 65 bytes */
export const signLaneSession = (file: File, key: Hex, session: LaneSession): Uint8Array =>
  fromHex(new SigningKey(key).sign(digestOf(file, session)).serialized)

/** The account whose key took a session into a lane; undefined for what is no signature, or a second form of one. */
export function laneSessionSigner(file: File, session: LaneSession, signature: Uint8Array): Hex | undefined {
  try {
    const parsed = Signature.from(toHex(signature))
    if (parsed.serialized !== toHex(signature)) return undefined
    return hex(recoverAddress(digestOf(file, session), parsed))
  } catch {
    return undefined // wrong length, or not a point of the curve
  }
}
