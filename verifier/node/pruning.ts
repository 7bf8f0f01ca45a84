import type { VerifierContext } from './context.js'

/** Removes what is older than the evidence period. Keeps the state at which the chain stands, however old that state is. */
export async function prune(
  { params, store, chain }: Pick<VerifierContext, 'params' | 'store' | 'chain'>,
  epoch: number,
): Promise<void> {
  const keptEpochs = Math.ceil(params.evidenceSeconds / params.epochSeconds)
  if (epoch > keptEpochs) await store.prune(Math.min(epoch - keptEpochs, (await chain.tip()).epoch))
}
