import type { VerifierContext } from './context.js'

/** A report is computed in the epoch after its own, and its work needs the report before the paid one. */
const EPOCHS_AROUND_PAID = 2

/**
 * Removes what is older than the evidence period and not needed to pay for. Keeps the state at which the chain stands,
 * however old that state is.
 */
export async function prune(
  { params, store, chain }: Pick<VerifierContext, 'params' | 'store' | 'chain'>,
  epoch: number,
): Promise<void> {
  const { evidenceSeconds, epochSeconds, rewardDelayEpochs } = params
  const keptEpochs = Math.max(Math.ceil(evidenceSeconds / epochSeconds), rewardDelayEpochs + EPOCHS_AROUND_PAID)
  if (epoch > keptEpochs) await store.prune(Math.min(epoch - keptEpochs, (await chain.tip()).epoch))
}
