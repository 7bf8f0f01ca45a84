/**
 * A verifier that floods gossip over the whole agreement, and is honest otherwise. Its peers cut it off, so that it is not
 * heard for minutes. What it sends is well formed where that costs a node most.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { concatBytes } from '@noble/hashes/utils.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { Ballot, Commit, Partial } from '../../../proto/messages.js'
import type { GossipKind } from '../../../proto/protocols.js'
import { agreementTiming } from '../../../verifier/core/agreement/phases.js'
import { indicesOf } from '../../../verifier/core/facts.js'
import { inBackground } from '../../../verifier/node/failures.js'
import { type Measure, measureEpoch } from '../../../verifier/node/measuring.js'

const AT_ONCE = 3
const PAUSE_MS = 10
/** It looks for new ballots three times a second. */
const LOOK_EVERY = 90
/** One message in so many is a bomb: 1 MB of empty seen lists a second. */
const BOMB_EVERY = 30
const BOMB_LISTS = 50_000
/** Field 5 of a `Proposal`, with no bytes: each would become a list. */
const EMPTY_LIST = new Uint8Array([0x2a, 0x00])

export interface Spam {
  readonly kind: GossipKind
  readonly bytes: Uint8Array
}

export interface SpamSource {
  readonly epoch: number
  /** registry indices of those in whose name it speaks */
  readonly verifiers: readonly number[]
  /** revealed so far */
  readonly ballots: readonly Ballot[]
  /** a point of the right group, which signs nothing of all this */
  readonly signature: Uint8Array
}

export const spam: Measure = async (...asked) => {
  const votes = await measureEpoch(...asked)
  inBackground(asked[0].context, flood(...asked))
  return votes
}

async function flood(...[{ context }, { facts }]: Parameters<Measure>): Promise<void> {
  const { epochs, params, wall, stopping, gossip, store, bls } = context
  const { deadlineMs } = agreementTiming(epochs, params, facts.epoch)
  const revealed = async () => {
    const heard = await store.heardGossip(facts.epoch)
    return heard.filter(({ kind }) => kind === 'ballot').map(({ data }) => Ballot.decode(data))
  }
  const source = { epoch: facts.epoch, verifiers: indicesOf(facts), signature: bls.signer.sign(keccakText('spam')) }
  let ballots: readonly Ballot[] = []
  for (let i = 0; wall.nowMs() < deadlineMs; i++) {
    if (i % LOOK_EVERY === 0) ballots = await revealed()
    const { kind, bytes } = spamOf(i, { ...source, ballots })
    await gossip.publish(kind, bytes)
    if (i % AT_ONCE === 0) await sleep(PAUSE_MS, undefined, { signal: stopping })
  }
}

/** The i-th message: each is new to its hearers. */
export function spamOf(i: number, { epoch, verifiers, ballots, signature }: SpamSource): Spam {
  const verifier = verifiers[i % verifiers.length]!
  const value = fromHex(keccakText(`spam ${epoch} ${i}`))
  const commit = (of: number) => ({
    kind: 'commit' as const,
    bytes: Commit.encode({ epoch: of, verifier, commitment: value, signature }),
  })
  if (i % BOMB_EVERY === 0) return { kind: 'proposal', bytes: bomb(value) }
  switch (i % 4) {
    case 0:
      return commit(epoch)
    case 1: // The agreement runs while the next epoch is measured.
      return commit(epoch + 2)
    case 2:
      return {
        kind: 'partial',
        bytes: Partial.encode({ epoch, round: 0, headerHash: value, verifier, signature }),
      }
    default: {
      const ballot = ballots[i % ballots.length]
      if (ballot === undefined) return commit(epoch)
      // Another's ballot without its votes. What it says of its schedule is wrong.
      const schedule = concatBytes(value, ballot.schedule.subarray(value.length))
      return { kind: 'ballot', bytes: Ballot.encode({ ...ballot, schedule, votes: [] }) }
    }
  }
}

/** @param unlike makes it another message */
const bomb = (unlike: Uint8Array): Uint8Array =>
  concatBytes(...Array.from({ length: BOMB_LISTS }, () => EMPTY_LIST), unlike)
