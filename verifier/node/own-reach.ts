/**
 * Has a verifier of the network test the ports of a node that does not run. For the time of the test, a relay and a peer hold
 * the ports, under the node's own keys. A verifier's ports are tested as a provider's are: both take datagrams of others.
 */
import { Relay, systemClock, systemRandom } from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import type { Hex } from '../../proto/hex.js'
import type { ReachReport } from '../../proto/messages.js'
import { answerSigner } from '../chain/answers.js'
import { voucherSigner } from '../chain/vouchers.js'
import type { Announcement, Chain } from '../core/ports.js'
import { ConnectionPool } from '../net/connection-pool.js'
import { announcedAddresses } from '../net/libp2p.js'
import { createProviderPeer } from '../net/provider-peer.js'
import { Directory } from './directory.js'
import type { Lifecycle } from './lifecycle.js'
import type { NodeOptions } from './node-options.js'
import { testReachBy } from './reach-self-test.js'
import { serveSessions } from './serve-sessions.js'

export interface OwnReach {
  /** closes the ports */
  readonly life: Lifecycle
  readonly network: NetworkId
  readonly account: Hex
  /** of the sessions of the test */
  readonly claimKbps: number
  /** Some of them are asked. */
  readonly verifiers: readonly Announcement[]
}

/** All verifiers that have announced themselves, in the order of the chain. */
export async function announcedVerifiers(
  { logger }: Pick<NodeOptions, 'logger'>,
  chain: Pick<Chain, 'announcements'>,
): Promise<Announcement[]> {
  const directory = new Directory(chain, logger)
  await directory.refresh()
  return directory.verifiers()
}

/**
 * @returns undefined if no verifier tests this node now
 * @throws UdpPortError or ListenError for a port that cannot be had
 */
export async function testOwnReach(
  options: Pick<NodeOptions, 'keys' | 'logger' | 'listen' | 'announce' | 'udpHost' | 'udpPort' | 'udpAnnounce'>,
  { life, network, account, claimKbps, verifiers }: OwnReach,
): Promise<ReachReport | undefined> {
  const { keys, logger: log, listen, announce, udpHost: host, udpPort: port, udpAnnounce } = options
  const relay = await life.open(
    Relay.open({
      ...{ host, port, announced: udpAnnounce, claimKbps },
      ...{ clock: systemClock, random: systemRandom },
      answerSigner: answerSigner(network, keys.evm),
      voucherSigner: voucherSigner(network, keys.evm),
    }),
    one => one.close(),
  )
  const pool = new ConnectionPool(() => systemClock.now())
  const peer = await life.open(createProviderPeer({ seed: keys.peer, listen, log }, pool), one => one.stop())
  await serveSessions(peer, pool, relay, log)
  const self = { account, claimKbps, multiaddrs: announcedAddresses(peer, announce), stopping: life.stopping }
  const others = verifiers.filter(one => one.account !== account)
  return testReachBy(others, { ...self, peer, log })
}
