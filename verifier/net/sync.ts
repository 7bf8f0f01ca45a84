/**
 * Requests for data that gossip does not bring: large ballots, transcripts of sessions, and all messages from before a node
 * came. Every answer proves itself (by a root, a header hash or a signature), so nobody need trust a server. An answer is a
 * frame that counts the items, and then one frame for each: the client reads no more than an honest answer can hold, and
 * checks each item before it reads the next.
 */
import type { Logger } from 'pino'
import type { ProviderStream } from '../../probe/ports.js'
import type { Hex } from '../../proto/hex.js'
import { toHex } from '../../proto/hex.js'
import { SyncRequest, SyncResponse } from '../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../proto/protocols.js'
import { StreamError } from './framed-stream.js'
import type { Peer } from './libp2p.js'
import { type Dialler, handleStreams, openStream, type PeerAddress } from './streams.js'
import type { AnswerLimits } from './sync-limits.js'
import type { SyncQuota } from './sync-quota.js'

/** Many items, which are read one by one as they are sent: those of an epoch would fill the memory if many ask at once. */
export interface StoredItems extends AsyncIterable<Uint8Array> {
  readonly length: number
  /** of all items */
  readonly bytes: number
}
export type Items = readonly Uint8Array[] | StoredItems

/** What a node gives to others; undefined if it does not have the item. */
export interface SyncSource {
  /** an encoded Ballot without its votes, and then its index: see proto/ballot-index.ts */
  ballot(root: Hex): Promise<Items | undefined>
  /** the encoded votes of a part, one after the other */
  ballotPart(root: Hex, part: number): Promise<Uint8Array | undefined>
  /** encoded leaves in their order, each with its carry-over, see proto/leaf-state.ts */
  leaves(headerHash: Hex): Promise<Items | undefined>
  /** encoded rewards in their order, see proto/reward.ts */
  rewards(headerHash: Hex): Promise<Items | undefined>
  /** encoded Ballots without their votes */
  ballotSet(headerHash: Hex): Promise<Items | undefined>
  /** an encoded Transcript */
  transcript(sessionId: Hex): Promise<Uint8Array | undefined>
  /** all messages that the node heard in an epoch: encoded GossipItems */
  gossip(epoch: number): Promise<Items>
}

/** Whoever serves: how much each asker may ask, and who hears of an asker that opens streams and asks nothing. */
export interface SyncServing {
  readonly quota: SyncQuota
  readonly onMute: (peerId: string) => void
  /** how long the request may take to come (default: ASK_MS) */
  readonly askMs?: number
  readonly log: Pick<Logger, 'debug'>
}

/** How long a server works on one request. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long a request may take after its stream is open. An asker sends both at once: a few round trips of a bad path. */
const ASK_MS = 3000

/** Answers one request on each stream, and resets the stream of an asker that has used up its quota. */
export async function serveSync(
  peer: Peer,
  source: SyncSource,
  { quota, onMute, log, askMs = ASK_MS }: SyncServing,
): Promise<void> {
  await handleStreams(
    peer,
    SYNC_PROTOCOL,
    SyncRequest.maxBytes,
    async (stream, peerId) => {
      const serving = quota.begin(peerId)
      if (serving === undefined) throw new Error('it asks too much')
      const deadline = setTimeout(() => stream.abort(new Error('sync request took too long')), REQUEST_TIMEOUT_MS)
      const mute = setTimeout(() => {
        onMute(peerId)
        stream.abort(new Error('no sync request came'))
      }, askMs)
      try {
        const bytes = await stream.receive()
        clearTimeout(mute)
        if (bytes === undefined) return
        const items = await answer(source, SyncRequest.decode(bytes))
        serving.spend(items === undefined ? 0 : bytesOf(items))
        await send(stream, items)
      } finally {
        clearTimeout(deadline)
        clearTimeout(mute)
        serving.end()
      }
    },
    (error, peerId) => log.debug({ error, peer: peerId }, 'sync request failed'),
  )
}

/**
 * Asks one peer. `take` gets the items as they come, so that it can stop at the first wrong one.
 *
 * @returns what `take` returns; undefined if the peer does not have the items
 * @throws StreamError if the peer cannot be reached, breaks the stream, or sends a larger item than the limits allow;
 * WrongAnswer if it has more items than they allow; MessageError if the answer is malformed; what `take` throws
 */
export async function syncFrom<T>(
  peer: Dialler,
  from: PeerAddress,
  request: SyncRequest,
  limits: AnswerLimits,
  signal: AbortSignal,
  take: (items: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T | undefined> {
  const frameBytes = Math.max(SyncResponse.maxBytes, limits.itemBytes)
  const over = new AbortController()
  const stream = await openStream(peer, from, SYNC_PROTOCOL, frameBytes, AbortSignal.any([signal, over.signal]))
  try {
    await stream.send(SyncRequest.encode(request))
    const response = await stream.receive()
    if (response === undefined) throw new StreamError('broken', 'the peer closed without an answer')
    const { found, items } = SyncResponse.decode(response)
    if (items > limits.items) {
      throw new WrongAnswer(`the peer has ${items} items; there are at most ${limits.items}`)
    }
    const taken = found ? await take(itemsFrom(stream, items)) : undefined
    void stream.close() // a peer that does not close its side must not delay the answer
    return taken
  } catch (error) {
    over.abort(error) // or the peer could go on sending
    throw error
  }
}

/** What no honest peer would answer, whatever it knows of the chain. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

async function* itemsFrom(stream: Pick<ProviderStream, 'receive'>, count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const item = await stream.receive()
    if (item === undefined) throw new StreamError('broken', `the peer closed after ${i} of ${count} items`)
    yield item
  }
}

async function send(stream: Pick<ProviderStream, 'send'>, items: Items | undefined): Promise<void> {
  await stream.send(SyncResponse.encode({ found: items !== undefined, items: items?.length ?? 0 }))
  for await (const item of items ?? []) await stream.send(item)
}

const bytesOf = (items: Items): number =>
  'bytes' in items ? items.bytes : items.reduce((sum, { length }) => sum + length, 0)

async function answer(source: SyncSource, request: SyncRequest): Promise<Items | undefined> {
  if (request.ballot !== undefined) return source.ballot(toHex(request.ballot))
  if (request.ballotPart !== undefined) {
    const { root, part } = request.ballotPart
    return oneItem(await source.ballotPart(toHex(root), part))
  }
  if (request.transcript !== undefined) return oneItem(await source.transcript(toHex(request.transcript)))
  if (request.leaves !== undefined) return source.leaves(toHex(request.leaves))
  if (request.rewards !== undefined) return source.rewards(toHex(request.rewards))
  if (request.ballotSet !== undefined) return source.ballotSet(toHex(request.ballotSet))
  return source.gossip(request.gossip ?? 0)
}

const oneItem = (item: Uint8Array | undefined): Items | undefined => item && [item]
