/** What an export asks a verifier for: all that it knows of the API is here. */
import type { NetworkId } from '../../../proto/digests.js'
import type { Hex } from '../../../proto/hex.js'
import { ENDPOINTS } from '../../evidence/schema/endpoints.js'
import type { SettlementJson } from '../../evidence/schema/providers.js'
import type { ReportJson } from '../../evidence/schema/report.js'
import { askApi, askApiIfKept } from '../api-client.js'

export interface History {
  readonly network: NetworkId
  /** of the newest report that the chain has accepted; 0 before the first */
  readonly newestEpoch: number
  /** undefined if the epoch has no report, or the verifier holds it no more */
  readonly report: (epoch: number) => Promise<ReportJson | undefined>
  readonly settlements: (provider: Hex) => Promise<readonly SettlementJson[]>
}

/** @throws UserError, as do its methods, where the verifier gives no answer of use */
export async function historyAt(apiUrl: string): Promise<History> {
  const { tip } = await askApi(apiUrl, ENDPOINTS.status)
  const { chainId, contracts } = await askApi(apiUrl, ENDPOINTS.network)
  return {
    network: { chainId, contract: contracts.epochReports },
    newestEpoch: tip.epoch,
    report: epoch => askApiIfKept(apiUrl, ENDPOINTS.leaves, { epoch }),
    settlements: async provider => (await askApi(apiUrl, ENDPOINTS.provider, { provider })).settlements,
  }
}
