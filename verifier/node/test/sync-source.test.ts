/** What a verifier gives away of an epoch, and when. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { BallotIndex } from '../../../proto/ballot-index.js'
import { epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, toHex } from '../../../proto/hex.js'
import { Ballot, GossipItem, SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { account } from '../../core/test/samples.js'
import type { Items } from '../../net/sync.js'
import { Store } from '../../store/store.js'
import { putBallot } from '../../store/test/samples.js'
import { syncSource } from '../sync-source.js'
import { commit, EPOCH, epochs, list, votedBallot } from './gossip-samples.js'

const NOTHING = { ballot: undefined, part: undefined, none: undefined, transcript: undefined, gossip: ['commit'] }

describe('what a verifier gives to others', () => {
  const sessionId = keccakText('session')
  const ballot = votedBallot(1, [account('a')])
  const transcript = Uint8Array.of(1, 2, 3)
  let dir: string
  let store: Store
  let nowMs: number
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-source-'))
    store = await Store.open(dir, { mode: 'create' })
    await putBallot(store, ballot, true)
    await store.putTranscript(EPOCH, fromHex(sessionId), transcript)
    const heard = [
      { kind: 'commit', data: commit(1) },
      { kind: 'ballot', data: Ballot.encode(ballot) },
      { kind: 'seen', data: SeenListMessage.encode(list(1)) },
    ]
    for (const item of heard) await store.putGossip(EPOCH, GossipItem.encode(item))
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  const given = async () => {
    const source = syncSource({ store, epochs, params: DEVNET, wall: { nowMs: () => nowMs } })
    return {
      ballot: await source.ballot(toHex(ballot.root)),
      part: await source.ballotPart(toHex(ballot.root), 0),
      none: await source.ballotPart(toHex(ballot.root), 1),
      transcript: await source.transcript(sessionId),
      gossip: await kindsOf(await source.gossip(EPOCH)),
    }
  }

  async function kindsOf(items: Items): Promise<string[]> {
    const kinds: string[] = []
    for await (const item of items) kinds.push(GossipItem.decode(item).kind)
    expect(items).to.have.lengthOf(kinds.length)
    return kinds
  }

  it('attack: copying votes: nothing of an epoch but commitments before they close', async () => {
    for (const instantMs of [
      epochStartMs(epochs, EPOCH),
      epochEndMs(epochs, EPOCH) - 1,
      epochEndMs(epochs, EPOCH) + DEVNET.commitMs - 1,
    ]) {
      nowMs = instantMs
      expect(await given()).to.deep.equal(NOTHING)
    }
  })

  it('is everything once they have closed', async () => {
    const head = [Ballot.encode({ ...ballot, votes: [] }), BallotIndex.of(ballot.votes).bytes]
    const all = {
      ...{ ballot: head, part: ballot.votes[0], none: undefined },
      ...{ transcript, gossip: ['commit', 'ballot', 'seen'] },
    }
    for (const instantMs of [epochEndMs(epochs, EPOCH) + DEVNET.commitMs, epochStartMs(epochs, EPOCH + 50)]) {
      nowMs = instantMs
      expect(await given()).to.deep.equal(all)
    }
  })

  it('is nothing before the network starts', async () => {
    nowMs = 0
    expect(await given()).to.deep.equal(NOTHING)
  })
})
