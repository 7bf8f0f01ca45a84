/**
 * Requests for data that gossip does not bring: large ballots, transcripts of sessions, and all messages from before a node
 * came. Every answer proves itself (by a root, a header hash or a signature), so nobody need trust a server. Sizes and
 * times are bounded.
 */
import type { Logger } from 'pino'
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { GossipItem, SyncRequest, SyncResponse } from '../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { handleStreams, openStream, type PeerAddress } from './streams.js'

/** What a node gives to others; undefined if it does not have the item. */
export interface SyncSource {
  /** an encoded Ballot, with its votes */
  ballot(root: Hex): Promise<Uint8Array | undefined>
  /** encoded leaves in their order, each with its carry-over, see proto/leaf-state.ts */
  leaves(headerHash: Hex): Promise<Uint8Array[] | undefined>
  /** encoded rewards in their order, see proto/reward.ts */
  rewards(headerHash: Hex): Promise<Uint8Array[] | undefined>
  /** encoded Ballots */
  ballotSet(headerHash: Hex): Promise<Uint8Array[] | undefined>
  /** an encoded Transcript */
  transcript(sessionId: Hex): Promise<Uint8Array | undefined>
  /** all messages that the node heard in an epoch */
  gossip(epoch: number): Promise<GossipItem[]>
}

/** How long a server works on one request. */
const REQUEST_TIMEOUT_MS = 10_000

/** Answers one request on each stream. */
export async function serveSync(peer: Peer, source: SyncSource, log: Logger): Promise<void> {
  await handleStreams(
    peer,
    SYNC_PROTOCOL,
    SyncRequest.maxBytes,
    async stream => {
      const deadline = setTimeout(() => stream.abort(new Error('sync request took too long')), REQUEST_TIMEOUT_MS)
      try {
        const bytes = await stream.receive()
        if (bytes !== undefined) await stream.send(encodeResponse(await answer(source, SyncRequest.decode(bytes))))
      } finally {
        clearTimeout(deadline)
      }
    },
    (error, peerId) => log.debug({ error, peer: peerId }, 'sync request failed'),
  )
}

/**
 * @returns the items, or undefined if the peer does not have them
 * @throws StreamError if the peer cannot be reached, MessageError if the answer is malformed
 */
export async function syncFrom(
  peer: Peer,
  from: PeerAddress,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<Uint8Array[] | undefined> {
  const stream = await openStream(peer, from, SYNC_PROTOCOL, SyncResponse.maxBytes, signal)
  try {
    await stream.send(SyncRequest.encode(request))
    const bytes = await stream.receive()
    if (bytes === undefined) return undefined
    const { found, items } = SyncResponse.decode(bytes)
    return found ? items : undefined
  } finally {
    await stream.close()
  }
}

async function answer(source: SyncSource, request: SyncRequest): Promise<Uint8Array[] | undefined> {
  if (request.ballot !== undefined) {
    const ballot = await source.ballot(toHex(request.ballot))
    return ballot === undefined ? undefined : [ballot]
  }
  if (request.transcript !== undefined) {
    const transcript = await source.transcript(toHex(request.transcript))
    return transcript === undefined ? undefined : [transcript]
  }
  if (request.leaves !== undefined) return source.leaves(toHex(request.leaves))
  if (request.rewards !== undefined) return source.rewards(toHex(request.rewards))
  if (request.ballotSet !== undefined) return source.ballotSet(toHex(request.ballotSet))
  return (await source.gossip(request.gossip ?? 0)).map(item => GossipItem.encode(item))
}

const encodeResponse = (items: Uint8Array[] | undefined): Uint8Array =>
  SyncResponse.encode({ found: items !== undefined, items: items ?? [] })
