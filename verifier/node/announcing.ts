import type { Hex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import type { Chain } from '../core/ports.js'
import type { Directory } from './directory.js'

/**
 * Tells the network where this node is reached, if it is not known already.
 * @throws UserError when the chain does not take it
 */
export async function announceSelf(
  chain: Pick<Chain, 'announce'>,
  directory: Directory,
  self: { readonly role: 'verifier' | 'provider'; readonly account: Hex },
  peerId: string,
  multiaddrs: readonly string[],
): Promise<void> {
  await directory.refresh()
  const known =
    self.role === 'provider'
      ? directory.provider(self.account)
      : directory.verifiers().find(({ account }) => account === self.account)
  if (known?.peerId === peerId && known.multiaddrs.join() === multiaddrs.join()) return
  const result = await chain.announce(self.role, peerId, multiaddrs)
  if (result.kind === 'rejected') {
    throw new UserError(
      'configuration',
      `The chain does not take this ${self.role}'s address: ${result.reason}. Check that ${self.account} is registered with this peer key and can pay for gas.`,
    )
  }
}
