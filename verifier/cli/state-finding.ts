/** Whether a chain node knows the state of blocks for as long as a verifier reads it. Pure. */
import type { NetworkParams } from '../../proto/params.js'
import { type StateDepth, stateSeconds } from '../chain/state-depth.js'
import type { Finding } from '../evidence/schema/finding.js'
import { bad, good } from './finding.js'

/** @param node who was asked, at the beginning of a sentence */
export function stateFinding(
  subject: string,
  node: string,
  { blocksBack, fault }: StateDepth,
  params: Pick<NetworkParams, 'epochSeconds' | 'windowEpochs'>,
): Finding {
  if (fault === undefined) return good(subject, `${node} knows the state ${blocksBack} blocks back`)
  const hours = (stateSeconds(params) / 3600).toFixed(1)
  return bad(
    subject,
    `${node} does not tell the state ${blocksBack} blocks back: ${fault}`,
    `A verifier reads the state of blocks that are up to ${hours} h old, by their hashes: pass the URL of a chain node that keeps it, such as an archive node.`,
  )
}
