/** Decoys on the chain: what they commit to beforehand and show afterwards. */
import type { DecoyReveal } from '../../proto/decoy.js'
import type { Hex } from '../../proto/hex.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { eventsBetween } from './events-between.js'
import type { Call } from './sender.js'

/**
 * The seeds that count in a report: shown by its B(e), for ranges that hold the epoch which it pays for. A range ends before
 * its seed is shown.
 * @param after B(paidFor)
 * @param last B(e)
 */
export async function readReveals(
  context: ChainContext,
  { paidFor, after, last }: { readonly paidFor: number; readonly after: number; readonly last: number },
): Promise<DecoyReveal[]> {
  const events = await eventsBetween(context, context.contracts.decoys, 'Revealed', [], { from: after + 1, to: last })
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
