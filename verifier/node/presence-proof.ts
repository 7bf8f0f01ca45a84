import { presenceDigest } from '../../proto/digests.js'
import { toHex } from '../../proto/hex.js'
import type { Presence } from '../../proto/messages.js'
import { type ChainFacts, verifierOf } from '../core/facts.js'
import type { VerifierContext } from './context.js'

/** Whether the key of a member of the epoch's frozen set signed a presence for this epoch. */
export async function isSignedPresence(
  { epoch, verifier, since, nonce, signature }: Presence,
  facts: ChainFacts,
  { network, bls }: Pick<VerifierContext, 'network' | 'bls'>,
): Promise<boolean> {
  const blsKey = verifierOf(facts, verifier)?.blsKey
  if (blsKey === undefined || epoch !== facts.epoch) return false
  return bls.verifier.verify(blsKey, presenceDigest(network, facts, verifier, since, toHex(nonce)), signature)
}
