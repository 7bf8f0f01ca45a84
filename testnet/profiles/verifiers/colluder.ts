/**
 * A verifier that colludes: it computes, proposes and signs reports with a penalty that no votes show. With more than two
 * thirds of the set, the chain accepts them.
 */
import { headerHash, type NetworkId } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import type { NodeSettings } from '../../../verifier/cli/node-settings.js'
import type { Measure } from '../../../verifier/node/measuring.js'
import { PaidWork } from '../../../verifier/node/paid-work.js'
import { ReportComputer } from '../../../verifier/node/report-computer.js'
import { slandered, voteLow } from './slander.js'

/** @returns how it votes: too few of the colluders vote low in one epoch for a breach */
export function collude({ network: { chainId, contracts } }: NodeSettings): Measure {
  const network: NetworkId = { chainId, contract: contracts.epochReports }
  // What the false report pays for is what the right one pays for, so the work is kept for both.
  const keepings = new Map<Hex, (other: Hex) => void>()
  const { keep } = PaidWork.prototype
  PaidWork.prototype.keep = function (hash, work) {
    keepings.set(hash, other => keep.call(this, other, work))
    keep.call(this, hash, work)
  }
  const { compute } = ReportComputer.prototype
  ReportComputer.prototype.compute = async function (...asked) {
    const right = await compute.apply(this, asked)
    if (right === undefined) return undefined
    const wrong = slandered(right)
    keepings.get(headerHash(network, right.header))?.(headerHash(network, wrong.header))
    return wrong
  }
  return voteLow
}
