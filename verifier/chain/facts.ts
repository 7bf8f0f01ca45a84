/**
 * The chain's facts at B(e). Every node must read the same, so all reads are at one block, which is checked again. State is
 * read by the block's hash: by its number, one of several chain nodes behind a URL may answer from another branch.
 */
import type { Block, BlockTag } from 'ethers'
import { beaconOf } from '../../proto/digests.js'
import { type EpochClock, epochStartMs, eraOf, windowStart } from '../../proto/epoch.js'
import { ZERO_HASH } from '../../proto/hex.js'
import {
  type BlockFacts,
  type FrozenVerifier,
  NO_PAID_REPORT,
  type PaidReport,
  type RegisteredProvider,
} from '../core/facts.js'
import type { AnnouncedPeer } from './announcements.js'
import { lastBlockBefore } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { readPaidReport, readRewardsFunded } from './paid-report.js'
import { type ProviderTuple, providerFrom, type VerifierTuple, verifierFrom } from './registrations.js'
import { lastReport } from './tip.js'

/** Providers in one call: well below the size at which chain nodes cut an answer short. */
const PROVIDERS_PER_PAGE = 500

/** Undefined before `start`. */
export async function readClock({ contracts, file }: ChainContext): Promise<EpochClock | undefined> {
  const genesis = Number(await contracts.verifierRegistry.getFunction('genesis')())
  if (genesis === 0) return undefined
  const { epochSeconds, eraEpochs } = file.params
  return { genesisMs: genesis * 1000, epochMs: epochSeconds * 1000, eraEpochs }
}

/** B(e): the last block before the epoch's start; undefined until a later block exists. */
export async function blockOfEpoch(
  context: ChainContext,
  clock: EpochClock,
  epoch: number,
): Promise<Block | undefined> {
  return lastBlockBefore(context.provider, epochStartMs(clock, epoch) / 1000, context.file.deployBlock)
}

/** Whether this block is B(e): it is on the chain, and the next one is not before the epoch's start. */
export async function isBlockOfEpoch(
  context: ChainContext,
  epoch: number,
  { blockNumber, blockHash }: Pick<BlockFacts, 'blockNumber' | 'blockHash'>,
): Promise<boolean> {
  const clock = await readClock(context)
  const [block, next] = await Promise.all([0, 1].map(after => context.provider.getBlock(blockNumber + after)))
  if (!clock || !block || !next || block.hash !== blockHash) return false
  const startMs = epochStartMs(clock, epoch)
  return block.timestamp * 1000 < startMs && next.timestamp * 1000 >= startMs
}

/**
 * The block at which the providers of a window and their claims are read: an epoch before the beacon that draws their
 * receivers. A block's proposer knows its randomness a block before. So an account that could register until the beacon's
 * block could be tried out until it drew receivers of its own. The first window has the providers of the block of `start`.
 *
 * @param first the window's first epoch
 */
async function registrationBlock(context: ChainContext, clock: EpochClock, first: number): Promise<Block | undefined> {
  if (first > 1) return blockOfEpoch(context, clock, first - 1)
  const delay = Number(await context.contracts.verifierRegistry.getFunction('startDelay')())
  const genesis = clock.genesisMs / 1000
  return lastBlockBefore(context.provider, Math.min(genesis - delay + 1, genesis), context.file.deployBlock)
}

/** @param signal ends the wait for a chain node that does not answer */
export async function readFacts(
  context: ChainContext,
  epoch: number,
  signal?: AbortSignal,
): Promise<BlockFacts | undefined> {
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw new RangeError(`${epoch} is not an epoch`)
  return context.provider.patiently(`the facts of epoch ${epoch}`, () => lookAtFacts(context, epoch), signal)
}

async function lookAtFacts(context: ChainContext, epoch: number): Promise<BlockFacts | undefined> {
  for (;;) {
    const clock = await readClock(context)
    const block = clock && (await blockOfEpoch(context, clock, epoch))
    if (!clock || !block) return undefined
    const first = windowStart(epoch, context.file.params.windowEpochs)
    const [start, registered] = await Promise.all([
      first === epoch ? block : blockOfEpoch(context, clock, first),
      registrationBlock(context, clock, first),
    ])
    if (!start || !registered) continue // a reorganisation
    const era = eraOf(clock, epoch)
    const [verifiers, providers, linkReport, paidReport, rewardsFunded] = await Promise.all([
      readFrozenSet(context, era, tagOf(block)),
      readProviders(context, tagOf(registered), tagOf(block)),
      lastReport(context, tagOf(start)),
      paidReportOf(context, clock, epoch, block),
      readRewardsFunded(context, tagOf(block)),
    ])
    if (!paidReport) continue // a reorganisation
    // A reorganisation may have replaced the block between two reads.
    const now = await context.provider.getBlock(block.number)
    if (now === null || now.hash !== block.hash) continue
    return {
      era,
      epoch,
      blockNumber: block.number,
      blockHash: hex(block.hash ?? ZERO_HASH),
      beacon: beaconOf(hex(block.prevRandao ?? ZERO_HASH), epoch),
      windowBeacon: beaconOf(hex(start.prevRandao ?? ZERO_HASH), first),
      linkReport,
      paidReport,
      rewardsFunded,
      verifiers,
      providers,
    }
  }
}

const tagOf = ({ hash, number }: Block): BlockTag => hash ?? number

/** Undefined if a reorganisation came between two reads. */
async function paidReportOf(
  context: ChainContext,
  clock: EpochClock,
  epoch: number,
  block: Block,
): Promise<PaidReport | undefined> {
  const paid = epoch - context.file.params.rewardDelayEpochs
  if (paid < 1) return NO_PAID_REPORT
  const [start, before, last] = await Promise.all([0, 1, 2].map(after => blockOfEpoch(context, clock, paid + after)))
  if (!start || !before || !last) return undefined
  const blocks = {
    start: start.number,
    before: before.number,
    last: last.number,
    payer: block.number,
    blockTag: tagOf(block),
  }
  return readPaidReport(context, { epoch: paid, ...blocks })
}

/** The peers announced in an epoch: a node may have announced another one while it was measured. */
export async function peersAnnouncedIn(context: ChainContext, epoch: number): Promise<AnnouncedPeer[]> {
  const clock = await readClock(context)
  const first = clock && (await blockOfEpoch(context, clock, epoch))
  if (!clock || !first) return []
  const last = await blockOfEpoch(context, clock, epoch + 1)
  return context.log.peersBetween(first.number, last?.number ?? Number.POSITIVE_INFINITY)
}

/** @param blockTag the block at which to read (default: the newest) @returns the set, ascending by index */
export async function readFrozenSet(
  { contracts }: ChainContext,
  era: number,
  blockTag: BlockTag = 'latest',
): Promise<FrozenVerifier[]> {
  const set: VerifierTuple[] = await contracts.verifierRegistry.getFunction('frozenSet')(era, { blockTag })
  return set.map((one, position) => ({ ...verifierFrom(one), position })).sort((a, b) => a.index - b.index)
}

/**
 * Providers that are active at either block. A claim is the one at the window's registration block, so that all votes of a
 * window are held against one claim: who raises or lowers a claim later is held to the old one until the window's end.
 */
async function readProviders(
  context: ChainContext,
  registered: BlockTag,
  now: BlockTag,
): Promise<BlockFacts['providers']> {
  const [before, active] = await Promise.all([readActive(context, registered), readActive(context, now)])
  const keyOf = ({ index, account }: RegisteredProvider) => `${index} ${account}`
  const first = new Map(before.map(one => [keyOf(one), one]))
  const current = new Map(active.map(one => [keyOf(one), one]))
  return [...new Map([...first, ...current])]
    .map(([key, one]) => ({
      ...{ ...one, claimKbps: first.get(key)?.claimKbps ?? one.claimKbps },
      ...{ inWindow: first.has(key), active: current.has(key) },
    }))
    .sort((a, b) => a.index - b.index)
}

async function readActive({ contracts }: ChainContext, blockTag: BlockTag): Promise<RegisteredProvider[]> {
  const active = contracts.providerRegistry.getFunction('active')
  const count = Number(await contracts.providerRegistry.getFunction('activeCount')({ blockTag }))
  const providers: RegisteredProvider[] = []
  for (let offset = 0; offset < count; offset += PROVIDERS_PER_PAGE) {
    const page: ProviderTuple[] = await active(offset, PROVIDERS_PER_PAGE, { blockTag })
    providers.push(...page.map(providerFrom))
  }
  return providers
}
