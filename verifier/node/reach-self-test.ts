/** Asks verifiers of the network, in a random order, whether this node can be reached. */
import type { Logger } from 'pino'
import { systemRandom } from '../../probe/index.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import type { ReachReport } from '../../proto/messages.js'
import type { Announcement } from '../core/ports.js'
import { askReach } from '../net/reach.js'
import type { Dialler } from '../net/streams.js'

/** A test takes as long as a dead path and six lost datagrams. */
const TEST_MS = 20_000
const MOST_ASKED = 3

export interface SelfTestOptions {
  readonly peer: Dialler
  readonly account: Hex
  /** of a provider; the node may also be a verifier, whose sessions of the test need no more */
  readonly claimKbps: number
  /** announced, or to be announced */
  readonly multiaddrs: readonly string[]
  readonly log: Logger
  readonly stopping: AbortSignal
}

/** @returns undefined if no verifier tests this node now */
export async function testReachBy(
  verifiers: readonly Announcement[],
  options: SelfTestOptions,
): Promise<ReachReport | undefined> {
  const { peer, account, claimKbps, multiaddrs, log, stopping } = options
  const request = { provider: fromHex(account), claimKbps, multiaddrs: [...multiaddrs] }
  for (const verifier of shuffled(verifiers).slice(0, MOST_ASKED)) {
    try {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(TEST_MS)])
      const answer = await askReach(peer, verifier, request, signal)
      if (answer?.report !== undefined) return answer.report
      log.debug({ verifier: verifier.index, refused: answer?.refused }, 'a verifier did not test this node')
    } catch (error) {
      stopping.throwIfAborted()
      log.debug({ verifier: verifier.index, error: (error as Error).message }, 'a verifier did not answer')
    }
  }
  return undefined
}

function shuffled<T>(items: readonly T[]): T[] {
  const keyed = items.map(item => ({ item, key: Buffer.from(systemRandom.bytes(6)).readUIntBE(0, 6) }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
