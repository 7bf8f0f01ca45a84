/** What a lane's throw-away key signs, for one contract. */
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { laneSessionDigest, servedDigest } from '../../proto/lane.js'
import type { NetworkFile } from '../config/network-file.js'
import { digestSigner, digestSignerOf } from './vouchers.js'

export interface LaneSession {
  /** of the lane */
  readonly id: Hex
  /** of the session with the provider */
  readonly sessionId: Uint8Array
}

export interface LaneSlots {
  /** of the lane */
  readonly id: Hex
  /** that were served so far */
  readonly slots: number
}

type File = Pick<NetworkFile, 'chainId'> & { readonly contracts: Pick<NetworkFile['contracts'], 'lanes'> }

const lanesOf = ({ chainId, contracts }: File) => ({ chainId, contract: contracts.lanes })
const sessionDigest = (file: File, { id, sessionId }: LaneSession): Hex =>
  laneSessionDigest(lanesOf(file), id, toHex(sessionId))
const slotsDigest = (file: File, { id, slots }: LaneSlots): Hex => servedDigest(lanesOf(file), id, slots)

/** @returns r, s and v: 65 bytes */
export const signLaneSession = (file: File, key: Hex, session: LaneSession): Uint8Array =>
  digestSigner(key)(sessionDigest(file, session))

/** The account whose key took a session into a lane; undefined for what is no signature, or a second form of one. */
export const laneSessionSigner = (file: File, session: LaneSession, signature: Uint8Array): Hex | undefined =>
  digestSignerOf(sessionDigest(file, session), signature)

/** @returns r, s and v: 65 bytes */
export const signLaneSlots = (file: File, key: Hex, served: LaneSlots): Uint8Array =>
  digestSigner(key)(slotsDigest(file, served))

/** As `laneSessionSigner`, for served slots. */
export const laneSlotsSigner = (file: File, served: LaneSlots, signature: Uint8Array): Hex | undefined =>
  digestSignerOf(slotsDigest(file, served), signature)
