/** Whether the scores that an API shows are those of a report that the chain accepted lately. */
import { encodeLeaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import { UserError } from '../config/errors.js'
import type { Chain, ChainTip } from '../core/ports.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { ProviderJson } from '../evidence/schema/providers.js'
import { leafFromJson } from '../evidence/schema/report.js'
import { askApi } from './api-client.js'

/** A report comes to the chain a moment before it comes to a verifier. */
const MAX_BEHIND = 1

/**
 * The leaves of the whole report show that none is another, and that none is left out. A provider that has exited is in no
 * late report.
 * @throws UserError 'evidence'
 */
export async function requireProven(
  rows: readonly Pick<ProviderJson, 'provider' | 'state' | 'leaf'>[],
  api: string,
  chain: Pick<Chain, 'posted' | 'tip'>,
): Promise<void> {
  const { header, headerHash, leaves } = await askApi(api, ENDPOINTS.leaves, { epoch: 'latest' })
  const [tip, posted] = await Promise.all([chain.tip(), chain.posted(header.epoch)])
  requireLate(header.epoch, tip, api)
  const { root } = new MerkleTree(leaves.map(leaf => encodeLeaf(leafFromJson(leaf))))
  if (posted?.headerHash !== headerHash || root !== posted.header.scoreRoot)
    throw refused(api, `shows another report of epoch ${header.epoch} than the chain has accepted`)
  const proven = new Map(leaves.map(leaf => [leaf.provider, JSON.stringify(leaf)] as const))
  for (const { provider, state, leaf } of rows) {
    if (state === 'exited') continue
    const shown = leaf === null ? undefined : JSON.stringify(leaf)
    if (shown !== proven.get(provider)) throw refused(api, `shows another score of ${provider} than its report has`)
  }
}

/** @param epoch of the report that an API shows as the latest. @throws UserError 'evidence' */
export function requireLate(epoch: number, tip: Pick<ChainTip, 'epoch'>, api: string): void {
  if (tip.epoch <= epoch + MAX_BEHIND) return
  throw refused(api, `shows the report of epoch ${epoch}, and the chain has accepted that of epoch ${tip.epoch}`)
}

const refused = (api: string, what: string): UserError =>
  new UserError('evidence', `The node at ${api} ${what}. Ask another one with --api.`)
