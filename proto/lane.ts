/**
 * Lanes: rates that users reserve at providers for slots of time (contracts/src/market/Lanes.sol). A lane has a throw-away
 * key. It signs which sessions use the lane, and how many of the lane's slots were served: the provider is paid for so many.
 */
import { DOMAIN } from './domains.js'
import { keccakWords } from './hash.js'
import type { Hex } from './hex.js'

/** Which contract: ids and signatures are void at any other. */
interface LanesContract {
  readonly chainId: number
  readonly contract: Hex
}

/** A lane, as it was reserved. None of it changes. */
export interface Lane {
  /** of the contract's lanes, in the order of their reservation */
  readonly number: number
  /** the account that reserved it, and gets back what is left */
  readonly payer: Hex
  /** the account that is paid */
  readonly payee: Hex
  /** the account whose key signs for the payer */
  readonly signer: Hex
  readonly kbps: number
  /** unix time / the contract's `slotSeconds` */
  readonly fromSlot: number
  readonly slots: number
  /** wei for one slot */
  readonly slotPrice: bigint
}

export const laneId = (
  { chainId, contract }: LanesContract,
  { number, payer, payee, signer, kbps, fromSlot, slots, slotPrice }: Lane,
): Hex =>
  keccakWords(
    [
      'bytes32',
      'uint256',
      'address',
      'uint64',
      'address',
      'address',
      'address',
      'uint32',
      'uint64',
      'uint8',
      'uint256',
    ],
    [DOMAIN.lane, BigInt(chainId), contract, number, payer, payee, signer, kbps, fromSlot, slots, slotPrice],
  )

/** Digest that a lane's key signs. @param slotsServed so far: a larger number replaces all before it */
export const servedDigest = ({ chainId, contract }: LanesContract, id: Hex, slotsServed: number): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'bytes32', 'uint8'],
    [DOMAIN.served, BigInt(chainId), contract, id, slotsServed],
  )

/** Digest by which a lane's key takes a session into the lane. @param sessionId of the session with the provider */
export const laneSessionDigest = ({ chainId, contract }: LanesContract, id: Hex, sessionId: Hex): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'bytes32', 'bytes32'],
    [DOMAIN.laneSession, BigInt(chainId), contract, id, sessionId],
  )
