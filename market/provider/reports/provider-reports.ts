/**
 * What a provider's node can tell of its own score, and of the reports at all. The node is told which header the chain
 * accepted by its own chain node, and asks verifiers for what the header stands for when somebody asks for it.
 *
 *   chain ── accepted header, facts ──▶ fetching ◀── leaves, ballots, rewards ── verifiers (sync)
 *                                          │ what has the header's roots
 *                                          ▼
 *                                     held reports ──▶ routes of the API
 */
import type { Logger } from 'pino'
import { systemClock, systemRandom } from '../../../probe/index.js'
import { type EpochClock, epochAt } from '../../../proto/epoch.js'
import type { Hex } from '../../../proto/hex.js'
import type { ReportModules } from '../../../verifier/api/report-routes.js'
import type { ReportingNode } from '../../../verifier/api/reporting-node.js'
import { BlsVerifier } from '../../../verifier/bls/verifier.js'
import type { NetworkFile } from '../../../verifier/config/network-file.js'
import type { Chain } from '../../../verifier/core/ports.js'
import type { Registry } from '../../../verifier/evidence/registry-checks.js'
import type { Dialler } from '../../../verifier/net/streams.js'
import type { Directory } from '../../../verifier/node/directory.js'
import type { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { PeerSync, type SyncContext } from '../../../verifier/node/peer-sync.js'
import { aborted, poll } from '../../../verifier/node/waiting.js'
import { WALL_CLOCK, type WallClock } from '../../../verifier/node/wall-clock.js'
import { HeldReports } from './held-reports.js'
import { ReportFetching } from './report-fetching.js'

/** How often the node asks the chain whether the network has started. */
const GENESIS_POLL_MS = 1000

export interface ProviderReportsModules {
  readonly life: Pick<Lifecycle, 'run' | 'stopping' | 'fail'>
  readonly network: NetworkFile
  readonly account: Hex
  readonly chain: ReportingNode['chain'] & Pick<Chain, 'clock' | 'factsAt'> & Registry
  readonly peer: Dialler
  readonly directory: Pick<Directory, 'verifiers'>
  readonly log: Logger
  readonly wall?: WallClock
  /** see `FetchingModules` */
  readonly waitMs?: number
}

export interface ProviderReports {
  readonly node: ReportingNode
  readonly bring: NonNullable<ReportModules['bring']>
  readonly transcript: ReportModules['transcript']
}

export function providerReports(modules: ProviderReportsModules): ProviderReports {
  const { life, network, account, chain, peer, directory, log, wall = WALL_CLOCK, waitMs } = modules
  let clock: EpochClock | undefined
  const readClock = async () => {
    const ask = () => chain.clock().catch(() => undefined) // the health of the chain tells of it
    clock = await poll(ask, GENESIS_POLL_MS, life.stopping)
  }
  life.run(readClock())
  const epochNow = () => (clock === undefined ? 0 : epochAt(clock, wall.nowMs()))
  const held = new HeldReports(account, () => fetching.latestFacts())
  const verifier = new BlsVerifier()
  life.run(aborted(life.stopping).then(() => verifier.end()))
  const context: SyncContext = {
    ...{ self: undefined, network: chain.network, params: network.params, chain, store: held, peer, wall, log },
    ...{ clock: systemClock, random: systemRandom, stopping: life.stopping, fail: life.fail },
    get epochs() {
      return clock! // nobody asks before the network has started: the chain has no report then
    },
    bls: { verifier },
    offences: {
      report: (peerId, offence) => {
        const verifier = directory.verifiers().find(one => one.peerId === peerId)?.index
        const what = offence === 'silence' ? 'a verifier did not answer in time' : 'refused what a verifier answered'
        log.warn({ verifier, peer: peerId, offence }, what)
      },
    },
  }
  const peers = new PeerSync(context, directory)
  const fetching = new ReportFetching({
    ...{ chain, peers, held, epochNow, clock: systemClock, log },
    ...(waitMs !== undefined && { waitMs }),
  })
  return {
    node: {
      ...{ network, chain, store: held, epochNow, epochs: undefined },
      get clock() {
        return clock
      },
    },
    bring: fetching.bring,
    transcript: async sessionId => (clock === undefined ? undefined : peers.transcript(sessionId)),
  }
}
