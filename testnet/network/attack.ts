/** Strangers who attack a run's first honest provider as long as the run lasts. */
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { Watchdog } from '../process/watchdog.js'
import { Crowd, loopbackHosts } from '../strangers/crowd.js'
import type { CrowdReport } from '../strangers/messages.js'
import type { ProviderRecord } from './result.js'

/** Data that the strangers send, as a multiple of the claim. */
const FLOOD = 5
const STREAMS = 4
/** Where the nodes of a run are, too: every second stranger comes from there, so its host is a verifier's. */
const NODES_HOST = '127.0.0.1'

export class StrangersAttack {
  readonly #crowd: Crowd

  private constructor(crowd: Crowd) {
    this.#crowd = crowd
  }

  /** @throws Error if no provider of the run is honest */
  static async start(
    count: number,
    chain: Pick<EthersChain, 'announcements'>,
    providers: readonly Pick<ProviderRecord, 'planned' | 'address'>[],
    watchdog: Watchdog,
  ): Promise<StrangersAttack> {
    const victim = providers.find(({ planned }) => planned.profileName === 'honest')
    const target = (await chain.announcements()).find(({ account }) => account === victim?.address)
    if (victim === undefined || target === undefined) throw new Error('there is no honest provider to attack')
    const { claimKbps } = victim.planned
    const hosts = loopbackHosts(count).map((host, i) => (i % 2 === 0 ? host : NODES_HOST))
    const attack = { target, account: victim.address, claimKbps, floodKbps: FLOOD * claimKbps, hosts, streams: STREAMS }
    return new StrangersAttack(await Crowd.start(attack, watchdog))
  }

  /** Ends the attack. @returns what was not as it should be: an attack that does nothing proves nothing */
  async stop(): Promise<string[]> {
    const { openings, granted }: CrowdReport = await this.#crowd.stop()
    return openings > 0 && granted > 0
      ? []
      : [`The strangers opened ${openings} sessions and were granted ${granted}, so they proved nothing.`]
  }
}
