/** What a provider looks after while it runs, and what it tells its operator. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { systemClock } from '../../probe/index.js'
import type { NetworkParams } from '../../proto/params.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { Lifecycle } from '../../verifier/node/lifecycle.js'
import { repeat } from '../../verifier/node/waiting.js'
import { ClaimMemory } from './claim-memory.js'
import { Headroom, LOOK_MS, type Reading } from './headroom.js'
import { OverrunWarning } from './overrun-warning.js'
import { OwnAnnouncement } from './own-announcement.js'
import { ReachWatch } from './reach-watch.js'
import type { Serving } from './serving.js'

/** How often the provider reads its claim again. */
const CLAIM_POLL_MS = 5000
/** How often the provider looks for a new era and for announcements of verifiers: so many times an epoch, or more often. */
const SETS_POLLS_PER_EPOCH = 15
const LONGEST_SETS_POLL_MS = 30_000
/** How often the provider ends idle connections. */
const SWEEP_MS = 1000
/** How often the provider looks whether its own machine has lost datagrams. */
const OVERRUN_POLL_MS = 10_000

export interface Watched
  extends Pick<Serving, 'relay' | 'pool' | 'refreshSets' | 'directory' | 'peerId' | 'addresses' | 'testReach'> {
  readonly life: Lifecycle
  readonly chain: Pick<EthersChain, 'account' | 'provider'>
  readonly claimKbps: number
  readonly params: Pick<NetworkParams, 'epochSeconds' | 'windowEpochs'>
  readonly log: Logger
}

/** What the watch has found so far. */
export interface Findings {
  /** how much of its claim the line kept */
  readonly headroom: Headroom
  /** one sentence for each fault because of which verifiers do not measure this process, as far as it can tell */
  readonly faults: () => readonly string[]
}

/** Until the node stops. */
export function watch(watched: Watched): Findings {
  const { relay, pool, refreshSets, directory, peerId, addresses, testReach, life, chain, claimKbps, params, log } =
    watched
  const { epochSeconds, windowEpochs } = params
  const follow = (what: string, everyMs: number, read: () => Promise<void>) => {
    const complain = (error: Error) => log.warn({ error: error.message }, `could not read ${what}`)
    life.run(repeat(() => read().catch(complain), everyMs, life.stopping))
  }
  // A claim is read an epoch before the window in which it is measured; one more epoch is for what this node sees late.
  const claims = new ClaimMemory((windowEpochs + 2) * epochSeconds * 1000)
  let currentKbps = claimKbps
  claims.see(claimKbps, systemClock.now())
  follow('the claim', CLAIM_POLL_MS, async () => {
    const now = await chain.provider(chain.account!)
    if (now === undefined) return
    currentKbps = now.claimKbps
    relay.setClaim(claims.see(now.claimKbps, systemClock.now()))
  })
  const setsPollMs = Math.min((epochSeconds * 1000) / SETS_POLLS_PER_EPOCH, LONGEST_SETS_POLL_MS)
  const announcement = new OwnAnnouncement({ peerId, multiaddrs: addresses }, log)
  follow('the verifier sets', setsPollMs, async () => {
    await refreshSets()
    announcement.see(directory.provider(chain.account!))
  })
  life.run(repeat(async () => pool.sweep(), SWEEP_MS, life.stopping))
  const overruns = new OverrunWarning(relay, (facts, message) => log.warn(facts, message))
  life.run(repeat(async () => overruns.check(), OVERRUN_POLL_MS, life.stopping))
  const headroom = new Headroom(() => currentKbps)
  const look = async () => tellHeadroom(headroom.look(relay.stats, systemClock.now()), log)
  life.run(repeat(look, LOOK_MS, life.stopping))
  const wait = (ms: number) => pause(ms, undefined, { signal: life.stopping })
  const reach = new ReachWatch({ testReach, wait, log })
  life.run(reach.run())
  return {
    headroom,
    faults: () => [announcement.fault, reach.fault].filter(fault => fault !== undefined),
  }
}

function tellHeadroom(reading: Reading | undefined, log: Logger): void {
  if (reading === undefined || reading.kept) return
  log.warn(reading, 'the line did not keep the claim: of what this relay sent on, less than the claim arrived')
}
