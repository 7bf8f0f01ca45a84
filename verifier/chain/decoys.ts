/** Decoys on the chain: what they commit to beforehand and show afterwards. */
import type { DecoyReveal } from '../../proto/decoy.js'
import type { Hex } from '../../proto/hex.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { eventsOf } from './events.js'
import { blockOfEpoch, readClock } from './facts.js'
import type { Call } from './sender.js'

/**
 * The seeds that count in the report of an epoch: shown by B(epoch), for ranges that hold the epoch which this report pays
 * for. A range ends before its seed is shown, so only the blocks of `rewardDelayEpochs` epochs can hold them.
 * @returns none for an epoch whose B(e) is not known, and for one whose report pays for none
 */
export async function readReveals(context: ChainContext, epoch: number): Promise<DecoyReveal[]> {
  const paidFor = epoch - context.file.params.rewardDelayEpochs
  const clock = paidFor < 1 ? undefined : await readClock(context)
  const from = clock && (await blockOfEpoch(context, clock, paidFor))
  const to = clock && (await blockOfEpoch(context, clock, epoch))
  if (!from || !to) return []
  const events = await eventsOf(context, context.contracts.decoys, 'Revealed', [], from.number + 1, to.number)
  return events
    .map(({ args }) => ({
      provider: hex(args.provider),
      firstEpoch: Number(args.firstEpoch),
      lastEpoch: Number(args.lastEpoch),
      seed: hex(args.seed),
    }))
    .filter(({ firstEpoch, lastEpoch }) => firstEpoch <= paidFor && paidFor <= lastEpoch)
}

export const commitDecoyCall = ({ contracts: { decoys } }: ChainContext, commitment: Hex): Call => ({
  contract: decoys,
  method: 'commit',
  args: [commitment],
  isDone: async blockTag => (await decoys.getFunction('committedAt')(commitment, { blockTag })) !== 0n,
})

export const revealDecoyCall = (
  { contracts: { decoys } }: ChainContext,
  { provider, firstEpoch, lastEpoch, seed }: DecoyReveal,
): Call => ({
  contract: decoys,
  method: 'reveal',
  args: [firstEpoch, lastEpoch, seed],
  isDone: async blockTag => (await decoys.getFunction('revealedUpTo')(provider, { blockTag })) >= BigInt(lastEpoch),
})
