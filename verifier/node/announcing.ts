import { announcementFault } from '../../proto/announcement.js'
import type { Hex } from '../../proto/hex.js'
import { tokenKeyEntry } from '../../proto/token.js'
import { UserError } from '../config/errors.js'
import type { Announcement, Chain } from '../core/ports.js'
import type { Directory } from './directory.js'

/**
 * Announces this node's address on the chain, unless the chain already holds the same announcement.
 * @param tokenKey of a provider, announced once: only an account's first key counts
 * @throws UserError if the chain refuses the announcement, or would refuse it
 */
export async function announceSelf(
  chain: Pick<Chain, 'announce'>,
  directory: Directory,
  { role, account }: { readonly role: Announcement['role']; readonly account: Hex },
  peerId: string,
  multiaddrs: readonly string[],
  tokenKey?: Hex,
): Promise<void> {
  await directory.refresh()
  const known = directory.of(role, account)
  const isKeyKnown = tokenKey === undefined || known?.tokenKey !== undefined
  if (known?.peerId === peerId && known.multiaddrs.join() === multiaddrs.join() && isKeyKnown) return
  const texts = tokenKey === undefined ? multiaddrs : [...multiaddrs, tokenKeyEntry(tokenKey)]
  const fault = announcementFault(peerId, texts)
  if (fault !== undefined) {
    throw new UserError(
      'configuration',
      `This ${role} cannot be announced: ${fault}. Pass the addresses at which other nodes reach it with --announce.`,
    )
  }
  const result = await chain.announce(role, peerId, texts)
  if (result.kind === 'rejected') {
    throw new UserError(
      'configuration',
      `The chain refuses to announce the address of this ${role}: ${result.reason}. Check that ${account} is registered with this peer key and can pay for gas.`,
    )
  }
}
