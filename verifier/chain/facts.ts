/** The chain's facts at B(e). Every node must read the same, so all reads are at one block, which is checked again. */
import type { Block } from 'ethers'
import { beaconOf } from '../../proto/digests.js'
import { type EpochClock, epochStartMs, eraOf, windowStart } from '../../proto/epoch.js'
import { ZERO_HASH } from '../../proto/hex.js'
import type { BlockFacts, FrozenVerifier, RegisteredProvider } from '../core/facts.js'
import type { Announcement } from '../core/ports.js'
import { announcedBetween } from './announcements.js'
import { lastBlockBefore } from './block-search.js'
import type { ChainContext } from './context.js'
import { hex } from './contracts.js'
import { type ProviderTuple, providerFrom, type VerifierTuple, verifierFrom } from './registrations.js'
import { readTip } from './tip.js'

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

export async function readFacts(context: ChainContext, epoch: number): Promise<BlockFacts | undefined> {
  if (!Number.isSafeInteger(epoch) || epoch < 1) throw new RangeError(`${epoch} is not an epoch`)
  for (;;) {
    const clock = await readClock(context)
    const block = clock && (await blockOfEpoch(context, clock, epoch))
    if (!clock || !block) return undefined
    const first = windowStart(epoch, context.file.params.windowEpochs)
    const start = first === epoch ? block : await blockOfEpoch(context, clock, first)
    if (!start) continue // a reorganisation
    const era = eraOf(clock, epoch)
    const [verifiers, providers, linkReport] = await Promise.all([
      readFrozenSet(context, era, block.number),
      readProviders(context, start.number, block.number),
      readTip(context, start.number),
    ])
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
      verifiers,
      providers,
    }
  }
}

/** The announcements in force at some time in an epoch: a node may have announced another peer while it was measured. */
export async function readAnnouncedIn(context: ChainContext, epoch: number): Promise<Announcement[]> {
  const clock = await readClock(context)
  const first = clock && (await blockOfEpoch(context, clock, epoch))
  if (!clock || !first) return []
  const last = await blockOfEpoch(context, clock, epoch + 1)
  return announcedBetween(context, first.number, last?.number)
}

/** @param blockTag the block at which to read (default: the newest) @returns the set, ascending by index */
export async function readFrozenSet(
  { contracts }: ChainContext,
  era: number,
  blockTag: number | 'latest' = 'latest',
): Promise<FrozenVerifier[]> {
  const set: VerifierTuple[] = await contracts.verifierRegistry.getFunction('frozenSet')(era, { blockTag })
  return set.map((one, position) => ({ ...verifierFrom(one), position })).sort((a, b) => a.index - b.index)
}

/**
 * Providers that are active at either block. A claim is the one of the window's first block, so that all votes of a window
 * are held against one claim: who raises or lowers a claim within a window is held to the old one until its end.
 */
async function readProviders(context: ChainContext, start: number, now: number): Promise<BlockFacts['providers']> {
  const before = await readActive(context, start)
  const active = now === start ? before : await readActive(context, now)
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

async function readActive({ contracts }: ChainContext, blockTag: number): Promise<RegisteredProvider[]> {
  const active = contracts.providerRegistry.getFunction('active')
  const count = Number(await contracts.providerRegistry.getFunction('activeCount')({ blockTag }))
  const providers: RegisteredProvider[] = []
  for (let offset = 0; offset < count; offset += PROVIDERS_PER_PAGE) {
    const page: ProviderTuple[] = await active(offset, PROVIDERS_PER_PAGE, { blockTag })
    providers.push(...page.map(providerFrom))
  }
  return providers
}
