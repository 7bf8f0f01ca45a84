/** A leaf of the rewards tree: all that an account has earned since the network began. */
import { type AbiRecord, decodeRecord, encodeRecord } from './abi.js'
import { DOMAIN } from './domains.js'

const LEAF_FIELDS = [
  ['domain', 'bytes32'], // keeps the leaves of other trees out
  ['account', 'address'],
  ['cumulative', 'uint256'], // wei
] as const

export const REWARD_BYTES = 32 * LEAF_FIELDS.length

export type Reward = Omit<AbiRecord<typeof LEAF_FIELDS>, 'domain'>

export const encodeReward = ({ account, cumulative }: Reward): Uint8Array =>
  encodeRecord(LEAF_FIELDS, { domain: DOMAIN.reward, account, cumulative })

/** @throws RangeError for bytes that encode no reward */
export function decodeReward(bytes: Uint8Array): Reward {
  const { domain, account, cumulative } = decodeRecord(LEAF_FIELDS, bytes)
  if (domain !== DOMAIN.reward) throw new RangeError(`${domain} is not the domain of rewards.`)
  return { account, cumulative }
}
