/**
 * The reports of a range of epochs, complete: each names the hash of the one before it. So an epoch of which a verifier
 * has no report either has none, as the next report shows, or is missing, and then there is no export.
 */
import { headerHash } from '../../../proto/digests.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { encodeLeaf } from '../../../proto/leaf.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { UserError } from '../../config/errors.js'
import { leafFromJson, type ReportJson } from '../../evidence/schema/report.js'
import type { EpochRange } from './epoch-range.js'
import type { History } from './verifier-history.js'

/** By epoch. @throws UserError where the verifier misses a report of the range, or tells what does not hold */
export async function* reportsOf(history: Pick<History, 'network' | 'newestEpoch' | 'report'>, range: EpochRange) {
  const last = lastOf(range, history.newestEpoch)
  let before: ReportJson | undefined
  let epoch = range.first
  for (; epoch <= last; epoch++) {
    const report = await history.report(epoch)
    if (report === undefined) continue
    check(history, report, epoch)
    checkGap(range.first, before, report)
    yield report
    before = report
  }
  if (before?.header.epoch === last) return
  // The range ends with epochs of which the verifier holds no report: the next report shows whether they have one.
  for (; before !== undefined && epoch <= history.newestEpoch; epoch++) {
    const next = await history.report(epoch)
    if (next === undefined) continue
    check(history, next, epoch)
    return checkGap(range.first, before, next)
  }
  throw missing((before?.header.epoch ?? range.first - 1) + 1, last)
}

/** @throws UserError 'usage' for epochs that have no report yet */
function lastOf({ first, last = Number.NaN }: EpochRange, newestEpoch: number): number {
  const end = Number.isNaN(last) ? newestEpoch : last
  if (end <= newestEpoch && first <= end) return end
  throw new UserError(
    'usage',
    newestEpoch === 0
      ? 'The network has no report yet. Wait for the first one.'
      : `The newest report is that of epoch ${newestEpoch}. Give --epochs that end with it or before.`,
  )
}

/** @throws UserError if there may be a report between the two. @param before undefined at the beginning of the range */
function checkGap(first: number, before: ReportJson | undefined, { header }: ReportJson): void {
  const { epoch, previousHeader } = header
  if (before === undefined) {
    if (epoch > first && previousHeader !== ZERO_HASH) throw missing(first, epoch - 1, epoch)
    return
  }
  if (previousHeader === before.headerHash) return
  if (before.header.epoch + 1 < epoch) throw missing(before.header.epoch + 1, epoch - 1, epoch)
  throw new UserError(
    'evidence',
    `The report of epoch ${epoch} does not follow from that of epoch ${before.header.epoch}. Try again, or ask another verifier with --api.`,
  )
}

function missing(from: number, to: number, next?: number): UserError {
  const epochs = from === to ? `epoch ${from}` : `epochs ${from} to ${to}`
  const instead = next === undefined ? '' : `Begin with epoch ${next}, or ask`
  return new UserError(
    'configuration',
    `This verifier holds no report of ${epochs}, and cannot show that there is none: it deletes reports after the evidence period. ${instead || 'Ask'} another verifier with --api.`,
  )
}

/** The leaves follow from the header, and the header from its hash. Whether the chain has the hash is not asked. */
function check(
  { network }: Pick<History, 'network'>,
  { header, headerHash: hash, leaves }: ReportJson,
  epoch: number,
): void {
  const { root } = new MerkleTree(leaves.map(leaf => encodeLeaf(leafFromJson(leaf))))
  if (header.epoch === epoch && headerHash(network, header) === hash && header.scoreRoot === root) return
  throw new UserError(
    'evidence',
    `What this verifier tells of epoch ${epoch} does not follow from its header. Ask another verifier with --api.`,
  )
}
