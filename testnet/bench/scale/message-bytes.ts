/** How many bytes the messages of an epoch have from the reveal to the certificate, in their real encodings. */
import { INDEX_ENTRY_BYTES, INDEX_PART_ENTRIES, PART_VOTES } from '../../../proto/ballot-index.js'
import { encodeHeader } from '../../../proto/header.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import {
  Ballot,
  type BallotHead,
  Certificate,
  encodeHead,
  MAX_GOSSIP_VOTES,
  Partial,
  Proposal,
  SeenListMessage,
  SyncRequest,
  SyncResponse,
} from '../../../proto/messages.js'
import { VOTE_BYTES } from '../../../proto/vote.js'
import { receiversOf } from './network.js'
import type { NetworkSize } from './sizes.js'

export interface MessageBytes {
  readonly votes: number
  /** one ballot: what gossip carries of it, and the index and parts that a verifier fetches; 0 if gossip carries the votes */
  readonly ballot: { readonly gossip: number; readonly index: number; readonly parts: number }
  /** all of an epoch, each once */
  readonly gossip: {
    readonly ballots: number
    readonly seenLists: number
    readonly proposal: number
    readonly partials: number
    readonly certificate: number
  }
}

/** A year of hours. A later epoch takes as many bytes. */
const EPOCH = 8760
/** A verifier whose index takes two bytes, as those of most do. */
const VERIFIER = 200
/** Of a message over a stream: see verifier/net/framed-stream.ts. */
const LENGTH_BYTES = 4

const hash = new Uint8Array(32).fill(1)
const signature = new Uint8Array(96).fill(1)
const framed = (message: Uint8Array | number): number =>
  LENGTH_BYTES + (typeof message === 'number' ? message : message.length)

export function messageBytes(size: NetworkSize): MessageBytes {
  const { verifiers, providers } = size
  const votes = Math.ceil((providers * receiversOf(size)) / verifiers)
  const head: BallotHead = { epoch: EPOCH, verifier: VERIFIER, root: hash, signature, schedule: signature }
  const isWhole = votes <= MAX_GOSSIP_VOTES
  const gossiped = isWhole
    ? Ballot.encode({ ...head, votes: Array.from({ length: votes }, () => new Uint8Array(VOTE_BYTES)) })
    : encodeHead(head)
  const list = {
    ...{ epoch: EPOCH, verifier: VERIFIER, signature },
    entries: Array.from({ length: verifiers }, (_, i) => ({ verifier: i + 1, root: hash })),
  }
  const header = headerOf(providers)
  const lists = Array.from({ length: verifiers }, () => list)
  return {
    votes,
    ballot: {
      gossip: gossiped.length,
      index: isWhole ? 0 : indexBytes(votes, head),
      parts: isWhole ? 0 : partBytes(votes),
    },
    gossip: {
      ballots: verifiers * gossiped.length,
      seenLists: verifiers * SeenListMessage.encode(list).length,
      proposal: Proposal.encode({ epoch: EPOCH, round: 0, leader: VERIFIER, header, lists, signature }).length,
      partials:
        verifiers * Partial.encode({ epoch: EPOCH, round: 0, headerHash: hash, verifier: VERIFIER, signature }).length,
      certificate: Certificate.encode({ epoch: EPOCH, round: 0, header, nonSigners: [], signature }).length,
    },
  }
}

export const totalGossip = ({ gossip }: MessageBytes): number =>
  Object.values(gossip).reduce((sum, bytes) => sum + bytes, 0)

/** Request and answer: the head again, and the index in messages of its own. */
function indexBytes(votes: number, head: BallotHead): number {
  const messages = Math.ceil(votes / INDEX_PART_ENTRIES)
  const answer = framed(SyncResponse.encode({ found: true, items: 1 + messages })) + framed(encodeHead(head))
  return framed(SyncRequest.encode({ ballot: hash })) + answer + messages * framed(0) + votes * INDEX_ENTRY_BYTES
}

/** A request and an answer for each part. */
function partBytes(votes: number): number {
  const request = SyncRequest.encode({ ballotPart: { root: hash, part: 1 } })
  const answer = framed(SyncResponse.encode({ found: true, items: 1 })) + framed(0)
  return Math.ceil(votes / PART_VOTES) * (framed(request) + answer) + votes * VOTE_BYTES
}

const headerOf = (providerCount: number): Uint8Array =>
  encodeHeader({
    ...{ era: 1, epoch: EPOCH, blockNumber: 1, blockHash: ZERO_HASH, previousHeader: ZERO_HASH, scoreRoot: ZERO_HASH },
    ...{ ballotSetRoot: ZERO_HASH, rewardsRoot: ZERO_HASH, providerCount, commonFailure: false },
  })
