/** Reads from the chain the facts that decide the result. A node's word counts only if the chain confirms it. */
import type { EventLog } from 'ethers'
import { type EpochClock, epochAt, epochEndMs, eraOf, firstEpochOf } from '../../proto/epoch.js'
import { STATEMENT_KINDS, type StatementKind } from '../../proto/equivocation.js'
import type { Hex } from '../../proto/hex.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import type { SettledPenalty } from '../profiles/profile.js'

export interface SeenSettlement extends SettledPenalty {
  readonly provider: Hex
  readonly txHash: Hex
}

export interface SeenEquivocation {
  /** registry index of the verifier */
  readonly index: number
  readonly kind: StatementKind
  /** of the two statements */
  readonly epoch: number
  /** the epoch in which the evidence came to the chain */
  readonly provenIn: number
  /** the last epoch of the frozen set that it belonged to */
  readonly lastEpochOfSet: number
  /** by all evidence of that set so far */
  readonly penaltyBps: number
  /** the verifier brought the evidence itself */
  readonly isOwn: boolean
  readonly txHash: Hex
}

export class ChainReader {
  constructor(
    readonly chain: EthersChain,
    readonly clock: EpochClock,
  ) {}

  async newestBlockMs(): Promise<number> {
    const block = await this.chain.context.provider.getBlock('latest')
    return block!.timestamp * 1000
  }

  /** The accepted report; `missed` once no report can be accepted any more; undefined while that is open. */
  async reportOf(epoch: number): Promise<PostedReport | 'missed' | undefined> {
    // The block is read first: a report that was accepted after that block is still found.
    const isOver = (await this.newestBlockMs()) >= epochEndMs(this.clock, epoch + 1)
    return (await this.chain.posted(epoch)) ?? (isOver ? 'missed' : undefined)
  }

  /** Slashable stake of a provider, wei. */
  stakeOf(provider: Hex): Promise<bigint> {
    const { contracts, file } = this.chain.context
    return contracts.stakeVault.getFunction('slashable')(file.contracts.providerRegistry, provider)
  }

  /** Without those that a reorganisation removes meanwhile. */
  async settlementsOf(provider: Hex): Promise<SeenSettlement[]> {
    const settlements = await this.chain.settlements(provider)
    const seen = await Promise.all(
      settlements.map(async ({ epoch, charged, refuted, txHash }) => {
        const settledIn = await this.#epochOf(txHash)
        return settledIn === undefined ? [] : [{ epoch, provider, charged, refuted, txHash, settledIn }]
      }),
    )
    return seen.flat()
  }

  /** Slashable bond of a verifier, wei. */
  bondOf(verifier: Hex): Promise<bigint> {
    const { contracts, file } = this.chain.context
    return contracts.stakeVault.getFunction('slashable')(file.contracts.verifierRegistry, verifier)
  }

  /** Every equivocation that was proven, in order. */
  async equivocations(): Promise<SeenEquivocation[]> {
    const { contracts, file } = this.chain.context
    const { filters } = contracts.equivocationSlasher
    const events = await contracts.equivocationSlasher.queryFilter(filters.Equivocated!(), file.deployBlock)
    const seen = await Promise.all(
      (events as EventLog[]).map(async ({ args, transactionHash }) => {
        const [era, txHash] = [Number(args.era), transactionHash as Hex]
        const provenIn = await this.#epochOf(txHash)
        if (provenIn === undefined) return []
        return [
          {
            ...{ index: Number(args.index), epoch: Number(args.epoch), txHash, provenIn },
            kind: STATEMENT_KINDS[Number(args.kind)]!,
            isOwn: args.account === args.reporter,
            lastEpochOfSet: firstEpochOf(this.clock, era + 1) - 1,
            penaltyBps: Number(await contracts.equivocationSlasher.getFunction('penaltyBpsOf')(era)),
          },
        ]
      }),
    )
    return seen.flat()
  }

  /** Registry indices of the set in force in an epoch, in certificate order. */
  async frozenIndices(epoch: number): Promise<number[]> {
    const registry = this.chain.context.contracts.verifierRegistry
    const set: { index: bigint }[] = await registry.getFunction('frozenSet')(eraOf(this.clock, epoch))
    return set.map(({ index }) => Number(index))
  }

  /** In which the transaction was mined; undefined if a reorganisation has removed it. */
  async #epochOf(txHash: Hex): Promise<number | undefined> {
    const { provider } = this.chain.context
    const receipt = await provider.getTransactionReceipt(txHash)
    const block = receipt && (await provider.getBlock(receipt.blockHash))
    return block ? epochAt(this.clock, block.timestamp * 1000) : undefined
  }
}
