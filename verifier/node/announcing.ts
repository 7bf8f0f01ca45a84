import { isDeepStrictEqual } from 'node:util'
import { scopeOf } from '../../probe/wire/next-hop.js'
import { announcementFault } from '../../proto/announcement.js'
import type { Hex } from '../../proto/hex.js'
import { publicApiEntry } from '../../proto/public-api.js'
import { tokenKeyEntry } from '../../proto/token.js'
import { UserError } from '../config/errors.js'
import type { Announcement, Chain } from '../core/ports.js'
import { hostOf } from '../net/libp2p.js'
import type { Directory } from './directory.js'
import type { Lifecycle } from './lifecycle.js'
import type { NodeOptions } from './node-options.js'
import { type Duty, Sending } from './sending.js'
import { WALL_CLOCK } from './wall-clock.js'

/** What a node announces beside its addresses. */
export interface AnnouncedMore {
  /** of a provider, announced once: only an account's first key counts */
  readonly tokenKey?: Hex | undefined
  /** of a verifier: the origin of its HTTP API */
  readonly publicApi?: string | undefined
}

/**
 * Announces this node's address on the chain, unless the chain already holds the same announcement.
 * @returns what a reorganisation may undo; undefined if the chain held the announcement already
 * @throws UserError if the chain refuses the announcement, or would refuse it
 */
export async function announceSelf(
  chain: Pick<Chain, 'announce'>,
  directory: Directory,
  { role, account }: { readonly role: Announcement['role']; readonly account: Hex },
  peerId: string,
  multiaddrs: readonly string[],
  { tokenKey, publicApi }: AnnouncedMore = {},
): Promise<Duty | undefined> {
  await directory.refresh()
  refuseLoopback(directory, account, multiaddrs)
  const known = directory.of(role, account)
  const isKeyKnown = tokenKey === undefined || known?.tokenKey !== undefined
  const isSame = known?.peerId === peerId && known.multiaddrs.join() === multiaddrs.join()
  if (isSame && isKeyKnown && known.publicApi === publicApi) return undefined
  const texts = [
    ...multiaddrs,
    ...(tokenKey === undefined ? [] : [tokenKeyEntry(tokenKey)]),
    ...(publicApi === undefined ? [] : [publicApiEntry(publicApi)]),
  ]
  const fault = announcementFault(peerId, texts)
  if (fault !== undefined) {
    throw new UserError(
      'configuration',
      `This ${role} cannot be announced: ${fault}. Pass the addresses at which other nodes reach it with --announce.`,
    )
  }
  const send = () => chain.announce(role, peerId, texts)
  const result = await send()
  if (result.kind === 'rejected') {
    throw new UserError(
      'configuration',
      `The chain refuses to announce the address of this ${role}: ${result.reason}. Check that ${account} is registered with this peer key and can pay for gas.`,
    )
  }
  return {
    ...{ what: `announcement of this ${role}`, deadlineMs: Number.POSITIVE_INFINITY, turn: async () => {}, send },
    // Whatever else the chain shows is newer, and of another process with these keys.
    isDone: async () => {
      await directory.refresh()
      return !isDeepStrictEqual(directory.of(role, account), known)
    },
  }
}

/** Until the node stops: announces again what a reorganisation undoes. */
export function keepAnnounced(
  announced: Duty | undefined,
  chain: Pick<Chain, 'headBlock'>,
  { network, logger: log }: Pick<NodeOptions, 'network' | 'logger'>,
  life: Lifecycle,
): void {
  if (announced === undefined) return
  const { stopping, fail } = life
  const epochs = { epochMs: network.params.epochSeconds * 1000 }
  life.run(new Sending({ chain, epochs, wall: WALL_CLOCK, log, stopping, fail }).keep(announced))
}

/** A network on one machine is announced on loopback. On any other, a node that is announced so is reached by nobody. */
function refuseLoopback(directory: Directory, account: Hex, multiaddrs: readonly string[]): void {
  const others = directory.verifiers().filter(other => other.account !== account)
  const elsewhere = others.filter(other => !isOnLoopback(other.multiaddrs)).length
  if (!isOnLoopback(multiaddrs) || 2 * elsewhere <= others.length) return
  throw new UserError(
    'configuration',
    `Nobody else reaches ${multiaddrs.join(', ')}, and most verifiers are on other machines. Pass --listen /ip4/0.0.0.0/tcp/PORT, and the address at which others reach this node with --announce.`,
  )
}

/** Not if any of them is of another kind, or a host name. */
const isOnLoopback = (multiaddrs: readonly string[]): boolean =>
  multiaddrs.length > 0 &&
  multiaddrs.every(address => {
    const host = hostOf(address)
    return host !== undefined && scopeOf(host) === 'loopback'
  })
