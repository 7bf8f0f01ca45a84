/**
 * What a channel pays for: the relay of its payee, or the exit. Both are processes of one account and share nothing, so a
 * voucher that both took would pay once for what was carried twice. The account of the channel's signer says it: its last
 * bit is 1 for an exit. The client draws keys until one fits.
 */
import type { Hex } from '../../proto/hex.js'

export type Purpose = 'relay' | 'exit'

export const purposeOf = (signer: Hex): Purpose => (Number.parseInt(signer.at(-1)!, 16) % 2 === 1 ? 'exit' : 'relay')
