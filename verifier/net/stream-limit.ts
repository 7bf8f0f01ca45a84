/**
 * How many streams a peer may open to this node. Each costs a negotiation of its protocol, also if the node then refuses
 * it, and a connection may carry any number.
 */
import type { Connection } from '@libp2p/interface'
import type { Peer } from './libp2p.js'
import type { Rate, RateLimit } from './rate-limit.js'

/**
 * An honest verifier opens one stream for each session with this node among the senders: at 100,000 providers, 31 receivers
 * each, three senders and two tries, 191 verifiers open 510 an epoch of an hour to each other. For the ballots of an epoch
 * that it missed, it opens 191 to each peer at worst. What it fetches for users of its API has a limit of its own
 * (`node/peer-sync.ts`), below this rate.
 */
const VERIFIER_STREAMS: Rate = { burst: 1024, perSecond: 32 }
/** A provider asks whether it can be reached, which a verifier answers once a minute. A new verifier may ask for a state. */
const STRANGER_STREAMS: Rate = { burst: 64, perSecond: 4 }

/** The muxer of a connection, which libp2p's interface does not name. */
interface Muxed {
  readonly muxer?: Pick<EventTarget, 'addEventListener'>
}

export interface StreamRules {
  /** by a verifier's peer id, or a stranger's connection */
  readonly limit: RateLimit
  /** whether a verifier has announced the peer id */
  readonly isVerifier: (peerId: string) => boolean
  /** hears who opened too many */
  readonly onTooMany: (peerId: string) => void
}

/** Counts every stream that peers open, whatever its protocol. */
export function limitStreams(peer: Pick<Peer, 'addEventListener'>, rules: StreamRules): void {
  peer.addEventListener('connection:open', ({ detail }) => watch(detail, rules))
}

function watch(connection: Connection, { limit, isVerifier, onTooMany }: StreamRules): void {
  const { muxer } = connection as unknown as Muxed
  if (muxer === undefined) throw new Error('the streams of this version of libp2p cannot be counted')
  const peerId = connection.remotePeer.toString()
  muxer.addEventListener('stream', () => {
    const [opener, rate] = isVerifier(peerId) ? [peerId, VERIFIER_STREAMS] : [connection.id, STRANGER_STREAMS]
    if (!limit.take(opener, rate)) onTooMany(peerId)
  })
}
