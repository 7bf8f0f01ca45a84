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
  const rightOf = new Map<Hex, Hex>()
  const { ready } = PaidWork.prototype
  // What a false report pays for is what the right one pays for.
  PaidWork.prototype.ready = function (paid) {
    const right = (hash: Hex) => rightOf.get(hash) ?? hash
    const covered = paid.covered.map(report => ({ ...report, headerHash: right(report.headerHash) }))
    return ready.call(this, { ...paid, headerHash: right(paid.headerHash), covered })
  }
  const { compute } = ReportComputer.prototype
  ReportComputer.prototype.compute = async function (...asked) {
    const report = await compute.apply(this, asked)
    if (report === undefined) return undefined
    const wrong = slandered(report)
    rightOf.set(headerHash(network, wrong.header), headerHash(network, report.header))
    return wrong
  }
  return voteLow
}
