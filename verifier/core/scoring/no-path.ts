/** Why no data reached a receiver, in words for the provider's operator. */
import { CAUSE, type CauseName, type Vote } from '../../../proto/vote.js'

const TEXT: Record<CauseName, string> = {
  none: 'no data reached the receiver, and the vote names no cause',
  family: 'the provider has no address of the receiver’s IP family: announce and serve both',
  pathMtu: 'small datagrams reached the receiver and full ones did not: the path must carry 1280 bytes',
  udpBlocked: 'the provider took sessions, and none of its datagrams reached the receiver: let its UDP port through',
  refusals: 'the provider refused the session, for reasons that may be the senders’ fault',
}

const NAMES = Object.keys(CAUSE) as CauseName[]

export const noPathText = ({ cause }: Pick<Vote, 'cause'>): string =>
  TEXT[NAMES.find(name => CAUSE[name] === cause) ?? 'none']
