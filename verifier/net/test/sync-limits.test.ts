/** What a client of the sync protocol reads of a peer that lies: never more than an honest answer can hold. */
import { expect } from 'chai'
import { INDEX_ENTRY_BYTES } from '../../../proto/ballot-index.js'
import { maxLeafStateBytes } from '../../../proto/leaf-state.js'
import {
  BALLOT_HEAD_BYTES,
  Ballot,
  MAX_GOSSIP_VOTES,
  MessageError,
  SyncRequest,
  SyncResponse,
} from '../../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../../proto/protocols.js'
import { SOAK_VOTE_BYTES } from '../../../proto/soak-vote.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { WINDOW_VOTE_BYTES } from '../../../proto/window-votes.js'
import { handleStreams } from '../streams.js'
import { syncFrom } from '../sync.js'
import { type AnswerLimits, ballotLimits, gossipLimits, leavesLimits, partLimits } from '../sync-limits.js'
import { addressOf, withPeers } from './network.js'

const LIMITS: AnswerLimits = { items: 100_000, itemBytes: 1024 }
const response = (items: number) => SyncResponse.encode({ found: true, items })

interface Outcome {
  readonly error: { readonly name: string; readonly code?: string; readonly message: string }
  /** that the client took */
  readonly items: number
  /** that the muxer took from the liar */
  readonly sent: number
}

/** How a client fares with a peer that answers with these frames. @param bad whether the client finds an item wrong */
async function asking(frames: Iterable<Uint8Array>, limits = LIMITS, bad = (_: number) => false): Promise<Outcome> {
  let outcome: Outcome | undefined
  await withPeers(2, async (client, liar) => {
    const ended = Promise.withResolvers<number>()
    await handleStreams(
      liar!,
      SYNC_PROTOCOL,
      SyncRequest.maxBytes,
      async stream => {
        let sent = 0
        try {
          await stream.receive()
          for (const frame of frames) {
            await stream.send(frame)
            sent += frame.length
          }
        } finally {
          ended.resolve(sent)
        }
      },
      () => {},
    )
    let items = 0
    const signal = AbortSignal.timeout(60_000)
    const error = await syncFrom(client!, addressOf(liar!), { gossip: 1 }, limits, signal, async given => {
      for await (const _ of given) if (bad(items++)) throw new Error('wrong item')
      return 'everything'
    }).catch(thrown => thrown)
    outcome = { error, items, sent: await ended.promise }
  })
  return outcome!
}

function* endless(first: Uint8Array, item: Uint8Array): Generator<Uint8Array> {
  yield first
  for (let i = 0; i < LIMITS.items; i++) yield item
}

describe('what a client reads of a sync peer that lies', () => {
  it('attack: more items than there can be, of which the client takes none', async () => {
    const { error, items } = await asking(endless(response(4), new Uint8Array(10)), { items: 3, itemBytes: 1024 })
    expect([error.name, items]).to.deep.equal(['WrongAnswer', 0])
  })

  it('attack: one item of 64 MiB, of which the client keeps nothing', async () => {
    const { error, items } = await asking([response(1), new Uint8Array(64 * 1024 * 1024)])
    expect([error.code, items]).to.deep.equal(['too-large', 0])
  })

  it('attack: a hundred megabytes of rubbish, which end with the first wrong item', async () => {
    const { error, items, sent } = await asking(
      endless(response(LIMITS.items), new Uint8Array(1024)),
      LIMITS,
      i => i > 0,
    )
    expect([error.message, items]).to.deep.equal(['wrong item', 2])
    expect(sent, 'a window of the muxer, and what the sockets hold').to.be.lessThan(16 * 1024 * 1024)
  })

  it('attack: an answer that ends in the middle counts for nothing', async () => {
    const { error, items } = await asking([response(3), Uint8Array.of(1)])
    expect([error.code, items]).to.deep.equal(['broken', 1])
  })

  it('attack: no answer at all is not the answer that the peer lacks the items', async () => {
    expect((await asking([])).error.code).to.equal('broken')
  })
})

describe('the most that an honest peer can answer', () => {
  it('is a ballot with a vote on each provider', () => {
    const full = (votes: number) => ({
      ...{ epoch: 2 ** 32 - 1, verifier: 2 ** 32 - 1, root: new Uint8Array(32), signature: new Uint8Array(96) },
      ...{ schedule: new Uint8Array(96), votes: Array.from({ length: votes }, () => new Uint8Array(VOTE_BYTES)) },
    })
    expect(Ballot.encode(full(0))).to.have.lengthOf(BALLOT_HEAD_BYTES)
    expect(Ballot.encode(full(MAX_GOSSIP_VOTES)).length).to.be.within(Ballot.maxBytes - 16, Ballot.maxBytes)
    expect(() => Ballot.encode(full(MAX_GOSSIP_VOTES + 1))).to.throw(MessageError)
    expect(ballotLimits(2)).to.deep.equal({ items: 2, itemBytes: BALLOT_HEAD_BYTES })
    expect(ballotLimits(100)).to.deep.equal({ items: 2, itemBytes: 100 * INDEX_ENTRY_BYTES })
    expect(ballotLimits(100_000)).to.deep.equal({ items: 21, itemBytes: 5000 * INDEX_ENTRY_BYTES })
    expect(partLimits(256)).to.deep.equal({ items: 1, itemBytes: 256 * VOTE_BYTES })
  })

  it('is a leaf for each provider that the header counts, with the votes of its receivers', () => {
    const of = (receivers: number) => leavesLimits(9, { receivers }).itemBytes
    expect(leavesLimits(9, { receivers: 31 }).items).to.equal(9)
    expect(of(31)).to.equal(maxLeafStateBytes(31))
    expect(of(31) - of(30), 'two soak votes and one vote of the window').to.equal(
      2 * SOAK_VOTE_BYTES + WINDOW_VOTE_BYTES,
    )
    expect(of(100_000), 'no set is larger').to.equal(of(191))
  })

  it('is an epoch’s gossip in proportion to its verifiers and rounds', () => {
    expect(gossipLimits(191, 0).items).to.equal(191 * 8)
    expect(gossipLimits(191, 2).items).to.equal(191 * 8 + 2 * (3 * 191 + 2))
  })
})
