import type { Header } from '../../proto/header.js'
import type { Chain, PostedReport } from '../core/ports.js'

/** The accepted report that a header names as the one before; undefined if it is the first, or the chain has moved away. */
export async function reportBefore(
  chain: Pick<Chain, 'posted'>,
  { epoch, previousHeader }: Header,
): Promise<PostedReport | undefined> {
  for (let earlier = epoch - 1; earlier > 0; earlier--) {
    const posted = await chain.posted(earlier)
    if (posted !== undefined) return posted.headerHash === previousHeader ? posted : undefined
  }
  return undefined
}
