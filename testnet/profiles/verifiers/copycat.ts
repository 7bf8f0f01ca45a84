/**
 * A verifier that measures nothing and tries to copy the others. Until its own commitment is almost too late, it asks every
 * verifier for the ballots of the epoch, and for the transcripts of the sessions in which it was a sender: over sync, and over
 * the HTTP API, whose node asks others in turn. It votes the readings that it got, and the claim where it got none. It must get
 * none: if it does, its node ends with an error.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MessageStream } from '../../../probe/ports.js'
import { epochEndMs } from '../../../proto/epoch.js'
import { toHex } from '../../../proto/hex.js'
import { Ballot, GossipItem, ProbeFrame, type SyncRequest, Transcript } from '../../../proto/messages.js'
import { decodeVote, type Vote } from '../../../proto/vote.js'
import type { Announcement } from '../../../verifier/core/ports.js'
import type { Peer } from '../../../verifier/net/libp2p.js'
import type { PeerAddress } from '../../../verifier/net/streams.js'
import { syncFrom } from '../../../verifier/net/sync.js'
import { inBackground } from '../../../verifier/node/failures.js'
import type { Measure } from '../../../verifier/node/measuring.js'
import { Serving } from '../../../verifier/node/serving.js'
import { until } from '../../../verifier/node/waiting.js'
import { transcriptsFromApi } from './api-guess.js'
import { claimVotes, repeated, untilEnd } from './lazy.js'

type Asked = Parameters<Measure>

/** It commits when this share of the time for commitments is over. */
const LATEST_SHARE = 0.8
const PAUSE_MS = 20
/** More than any answer. */
const ANY_ANSWER = { items: 100_000, itemBytes: GossipItem.maxBytes }

export function copyPeers(): Measure {
  const served = noteSessions()
  return async (...asked) => {
    await untilEnd(asked)
    const [{ context }, { facts }] = asked
    const { log, random, params, epochs, wall, stopping, fail } = context
    const { read, questions, answers } = await steal(asked, served.get(facts.epoch) ?? [])
    served.delete(facts.epoch)
    log.info({ epoch: facts.epoch, questions, answers, copied: read.length }, 'tried to copy votes')
    const revealedMs = epochEndMs(epochs, facts.epoch) + params.commitMs + params.revealMs
    const tell = () => fail(new Error(`copied ${read.length} votes of epoch ${facts.epoch} before commitments closed`))
    if (read.length > 0) inBackground(context, until(revealedMs, wall, stopping).then(tell))
    return withReadings(claimVotes(asked), read, length => random.bytes(length))
  }
}

/** Where others' readings are known, they take the place of its own. */
export const withReadings = (
  own: readonly Vote[],
  read: readonly Vote[],
  bytes: (length: number) => Uint8Array,
): Vote[] =>
  own.map(vote => {
    const reading = read.find(({ provider, receiver }) => provider === vote.provider && receiver !== vote.receiver)
    return reading === undefined ? vote : repeated(vote, reading, () => toHex(bytes(32)))
  })

/** Session ids of each epoch: a receiver tells them to its senders. */
function noteSessions(): Map<number, Uint8Array[]> {
  const sessions = new Map<number, Uint8Array[]>()
  const note = (bytes: Uint8Array) => {
    const { invite } = ProbeFrame.decode(bytes)
    if (invite !== undefined) sessions.set(invite.epoch, [...(sessions.get(invite.epoch) ?? []), invite.sessionId])
  }
  const { serve } = Serving.prototype
  Serving.prototype.serve = function (stream, peerId) {
    const noted: MessageStream = {
      send: message => stream.send(message),
      close: () => stream.close(),
      receive: async () => {
        const message = await stream.receive()
        if (message !== undefined) note(message)
        return message
      },
    }
    return serve.call(this, noted, peerId)
  }
  return sessions
}

/** Every vote that anybody shows before it is too late to commit to it. `answers` counts those without a vote, too. */
async function steal([{ context, directory }, { facts }]: Asked, sessions: readonly Uint8Array[]) {
  const { epochs, params, wall, stopping, self, peer } = context
  const latestMs = epochEndMs(epochs, facts.epoch) + LATEST_SHARE * params.commitMs
  const over = AbortSignal.timeout(Math.max(0, latestMs - wall.nowMs()))
  const others = directory.verifiers().filter(({ index }) => index !== self.index)
  const read: Vote[] = []
  let [questions, answers] = [0, 0]
  const keep = (votes: readonly Vote[] | undefined) => {
    questions++
    if (votes === undefined || over.aborted) return
    answers++
    read.push(...votes.filter(({ epoch }) => epoch === facts.epoch))
  }
  const askAgainAndAgain = async (asks: readonly (() => Promise<Vote[] | undefined>)[]) => {
    while (!over.aborted) {
      for (const ask of asks) if (!over.aborted) keep(await ask())
      await sleep(PAUSE_MS, undefined, { signal: stopping })
    }
  }
  // An API that waits for others must not hold up what the others answer themselves.
  const overSync = (other: Announcement) => [
    () => votesFrom(peer, other, { gossip: facts.epoch }, over),
    ...sessions.map(transcript => () => votesFrom(peer, other, { transcript }, over)),
  ]
  const overApi = (other: Announcement) =>
    sessions.map(id => async () => (await transcriptsFromApi(other, toHex(id), over))?.map(voteOf))
  await Promise.all(others.flatMap(other => [overSync(other), overApi(other)]).map(askAgainAndAgain))
  await until(latestMs, wall, stopping)
  return { read, questions, answers }
}

const voteOf = (transcript: Uint8Array): Vote => decodeVote(Transcript.decode(transcript).vote)

/** What a verifier shows over sync; undefined if it refuses or does not answer in time. */
export async function votesFrom(
  peer: Peer,
  other: PeerAddress,
  request: SyncRequest,
  over: AbortSignal,
): Promise<Vote[] | undefined> {
  const take = async (items: AsyncIterable<Uint8Array>) => {
    const votes: Vote[] = []
    for await (const item of items) votes.push(...(request.gossip === undefined ? [voteOf(item)] : ballotVotes(item)))
    return votes
  }
  try {
    return (await syncFrom(peer, other, request, ANY_ANSWER, over, take)) ?? []
  } catch {
    return undefined
  }
}

function ballotVotes(item: Uint8Array): Vote[] {
  const { kind, data } = GossipItem.decode(item)
  return kind === 'ballot' ? Ballot.decode(data).votes.map(decodeVote) : []
}
