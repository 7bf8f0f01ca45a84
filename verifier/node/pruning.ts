import type { VerifierContext } from './context.js'

/** A report is computed in the epoch after its own, and its work needs the report before the paid one. */
const EPOCHS_AROUND_PAID = 2
/** The range of a decoy is shorter than the delay of rewards, and may end with the paid epoch. */
const DELAYS_OF_DECOYS = 2

/**
 * Removes what is older than the evidence period and not needed to pay for. Keeps the state at which the chain stands,
 * however old that state is.
 */
export async function prune(
  { params, store, chain }: Pick<VerifierContext, 'params' | 'store' | 'chain'>,
  epoch: number,
): Promise<void> {
  const { evidenceSeconds, epochSeconds, rewardDelayEpochs } = params
  const neededEpochs = EPOCHS_AROUND_PAID + DELAYS_OF_DECOYS * rewardDelayEpochs
  const keptEpochs = Math.max(Math.ceil(evidenceSeconds / epochSeconds), neededEpochs)
  if (epoch > keptEpochs) await store.prune(Math.min(epoch - keptEpochs, (await chain.tip()).epoch))
}
