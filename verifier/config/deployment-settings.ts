import type { Hex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'

/** What a network is deployed with. Amounts in wei of the stake token. */
export interface DeploymentSettings {
  /** for people, in messages and in the network file */
  readonly name: string
  /** the accounts that can register before the network starts */
  readonly genesisVerifiers: readonly Hex[]
  /** the network starts, and goes on, only with so many verifiers */
  readonly minimumVerifiers: number
  readonly startDelaySeconds: number
  readonly verifierBond: bigint
  readonly minimumProviderStake: bigint
  /** stake that a claim needs for each Mbit/s */
  readonly stakePerMbps: bigint
  /** the most that whoever settles a penalty gets out of it */
  readonly settleRefund: bigint
  readonly networkWeeklyBps: number
  /** from a payer's wish to leave a channel until it can */
  readonly thawSeconds: number
  readonly laneSlotSeconds: number
  /** from the end of a lane until what nobody signed is shared out */
  readonly laneGraceSeconds: number
  /** an ERC-20 that its holders can burn (default: a new token without value, all of it for the account that deploys) */
  readonly token?: Hex | undefined
  readonly params: NetworkParams
}
