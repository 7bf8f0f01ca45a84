/** All that `alerts` asks of a verifier's API. */
import type { Hex } from '../../../proto/hex.js'
import { askApi, askApiIfKept } from '../../../verifier/cli/api-client.js'
import type { NetworkFile } from '../../../verifier/config/network-file.js'
import { ENDPOINTS } from '../../../verifier/evidence/schema/endpoints.js'
import type { LeafJson } from '../../../verifier/evidence/schema/report.js'

/** One report, as far as it is about the provider. */
export interface ProviderReport {
  readonly epoch: number
  /** undefined if the provider was not active then */
  readonly leaf: LeafJson | undefined
}

/** @throws UserError if the verifier gives no answer of use */
export interface ReportSource {
  network(): Promise<NetworkFile>
  /** undefined if there is no report of the epoch, or no longer */
  report(epoch: number | 'latest'): Promise<ProviderReport | undefined>
  /** epochs whose penalty was taken, or voided */
  settledEpochs(): Promise<readonly number[]>
}

export const reportSource = (apiUrl: string, provider: Hex): ReportSource => ({
  network: () => askApi(apiUrl, ENDPOINTS.network),
  report: async epoch => {
    const report = await askApiIfKept(apiUrl, ENDPOINTS.leaves, { epoch })
    return report && { epoch: report.header.epoch, leaf: report.leaves.find(leaf => leaf.provider === provider) }
  },
  settledEpochs: async () => {
    const page = await askApiIfKept(apiUrl, ENDPOINTS.provider, { provider })
    return page?.settlements.map(({ epoch }) => epoch) ?? []
  },
})
