/**
 * How many tokens a client gets of this provider. A session that nobody pays for costs the provider a budget of bytes, so a
 * client that has not paid yet gets a few, as many as its deposit could pay for, and more the more it has paid.
 */
import { shapeOf } from '../../probe/verdict/session-shape.js'
import type { NetworkId } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import type { TokenRequest } from '../../proto/messages.js'
import { tokenOrderDigest } from '../../proto/token.js'
import { digestSignerOf } from '../../verifier/chain/vouchers.js'
import { payableBytes } from '../core/channel.js'
import type { Entitlement } from './token-office.js'
import type { OwnChannels } from './vouchers/own-channels.js'

/** Of an era: for one leg, and three more tries. */
export const FREE_TOKENS = 8
/** Of an era. Legs last as long as they are paid for, so even a client that switches often needs fewer. */
const MOST_TOKENS = 64
/** One more for each quarter of a session's budget that was paid. */
const PAID_SHARE = 4

export interface PayerTokensModules {
  readonly network: NetworkId
  readonly account: Hex
  readonly channels: Pick<OwnChannels, 'find'>
  /** bytes that a channel has paid for so far */
  readonly paidBytes: (channel: Hex) => number
  readonly claimKbps: () => number
}

/** @returns undefined without a channel, or without the signature of its signer */
export async function payerEntitlement(
  { network, account, channels, paidBytes, claimKbps }: PayerTokensModules,
  { era, blindedElements, channel: id, signature }: TokenRequest,
): Promise<Entitlement | undefined> {
  if (id === undefined || signature === undefined) return undefined
  const channel = toHex(id)
  const found = await channels.find(channel, 0)
  if (found === undefined || found.closesAt !== undefined) return undefined
  const digest = tokenOrderDigest(network, { provider: account, channel, era, blindedElements })
  if (digestSignerOf(digest, signature) !== found.channel.signer) return undefined
  const { budgetBytes } = shapeOf(claimKbps())
  const earned = FREE_TOKENS + Math.floor((PAID_SHARE * paidBytes(channel)) / budgetBytes)
  return {
    holder: `channel-${channel}`,
    tokens: Math.min(earned, MOST_TOKENS, Math.floor(payableBytes(found) / budgetBytes)),
  }
}
