/**
 * Request and response for what gossip does not bring: large ballots, transcripts of sessions, and all that was said
 * before a node came. What is fetched proves itself (by a root, a header hash or a signature), so a server need not be trusted, only bounded.
 */
import type { Logger } from 'pino'
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { GossipItem, SyncRequest, SyncResponse } from '../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { handleStreams, openStream, type PeerAddress } from './streams.js'

/** What a node has to give. Undefined where it has nothing of that name. */
export interface SyncSource {
  /** an encoded Ballot, with its votes */
  ballot(root: Hex): Promise<Uint8Array | undefined>
  /** encoded leaves in their order, each with what is carried beside it, see proto/leaf-state.ts */
  leaves(headerHash: Hex): Promise<Uint8Array[] | undefined>
  /** encoded Ballots */
  ballotSet(headerHash: Hex): Promise<Uint8Array[] | undefined>
  /** an encoded Transcript */
  transcript(sessionId: Hex): Promise<Uint8Array | undefined>
  /** all that was heard of an epoch */
  gossip(epoch: number): Promise<GossipItem[]>
}

/** How long one request may take, dialling included. */
const REQUEST_TIMEOUT_MS = 10_000

/** Answers one request a stream. */
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
 * @returns the items, or undefined where the peer does not have them
 * @throws StreamError where the peer cannot be reached, MessageError where it answers nonsense
 */
export async function syncFrom(
  peer: Peer,
  from: PeerAddress,
  request: SyncRequest,
  signal: AbortSignal = AbortSignal.timeout(REQUEST_TIMEOUT_MS),
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
  if (request.ballotSet !== undefined) return source.ballotSet(toHex(request.ballotSet))
  return (await source.gossip(request.gossip ?? 0)).map(item => GossipItem.encode(item))
}

const encodeResponse = (items: Uint8Array[] | undefined): Uint8Array =>
  SyncResponse.encode({ found: items !== undefined, items: items ?? [] })
