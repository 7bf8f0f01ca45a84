import type { Hex } from '../../../proto/hex.js'
import type { ReportJson } from '../../evidence/schema/report.js'
import type { Row } from './row.js'
import type { History } from './verifier-history.js'

/** The rows of each report: one for each provider. A provider's penalties are asked for once, if it has any. */
export async function* rowsOf(
  reports: AsyncIterable<ReportJson>,
  { settlements }: Pick<History, 'settlements'>,
): AsyncGenerator<Row[]> {
  const asked = new Map<Hex, ReturnType<History['settlements']>>()
  const slashedIn = async (epoch: number, provider: Hex): Promise<bigint> => {
    const found = asked.get(provider) ?? settlements(provider)
    asked.set(provider, found)
    const own = (await found).filter(one => one.epoch === epoch && !one.refuted)
    return own.reduce((sum, { charged }) => sum + BigInt(charged), 0n)
  }
  for await (const { headerHash, txHash, leaves } of reports) {
    const rows: Row[] = []
    for (const leaf of leaves) {
      const slashed = leaf.penaltyBps === 0 ? 0n : await slashedIn(leaf.epoch, leaf.provider)
      rows.push({ ...leaf, headerHash, txHash, slashed: slashed.toString() })
    }
    yield rows
  }
}
