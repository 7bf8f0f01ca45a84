/**
 * A verifier that reveals its ballot by the root alone, so that all others ask for the votes, and then stalls, bombs or
 * poisons. It also asks the others: opens streams and says nothing, or asks for all and reads nothing.
 */
import { randomBytes } from 'node:crypto'
import { INDEX_ENTRY_BYTES } from '../../../proto/ballot-index.js'
import { ballotDigest, commitDigest, commitmentOf, scheduleDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { Ballot, Commit, SyncRequest, SyncResponse } from '../../../proto/messages.js'
import { SYNC_PROTOCOL } from '../../../proto/protocols.js'
import { FramedStream } from '../../../verifier/net/framed-stream.js'
import { handleStreams } from '../../../verifier/net/streams.js'
import { type Attacker, type Flood, often } from '../attacker.js'

/** A client takes six streams at once from a verifier. */
const ASKS_PER_SECOND = 10
const LURES_PER_SECOND = 2

type Answer = (stream: FramedStream, attacker: Attacker, signal: AbortSignal) => Promise<void>
/** Undefined for an asker that says nothing. */
type Question = (attacker: Attacker) => Uint8Array | undefined

const over = (signal: AbortSignal) =>
  new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))

const stall: Answer = (_stream, _attacker, signal) => over(signal)

/** As many items as a number can name, and then one of 4 GiB. */
const bomb: Answer = async (stream, { counts }) => {
  const many = counts.sent % 2 === 0
  await stream.send(SyncResponse.encode({ found: true, items: many ? 2 ** 32 - 1 : 1 }))
  for (;;) await stream.send(new Uint8Array(64 * 1024 * 1024))
}

/** A head, and an index that hashes to nothing. */
const poison: Answer = async (stream, attacker) => {
  const { epoch } = attacker
  const head = { epoch, verifier: attacker.own!.index, root: randomBytes(32) }
  const signatures = { signature: randomBytes(96), schedule: randomBytes(96) }
  await stream.send(SyncResponse.encode({ found: true, items: 2 }))
  await stream.send(Ballot.encode({ ...head, ...signatures, votes: [] }))
  await stream.send(randomBytes(INDEX_ENTRY_BYTES))
}

function syncLies(answer: Answer, question: Question): Flood {
  return async (attacker, signal) => {
    const { peer, counts } = attacker
    const serve = async (stream: FramedStream) => {
      counts.sent++
      await stream.receive()
      await answer(stream, attacker, signal)
    }
    await handleStreams(peer, SYNC_PROTOCOL, 1024, serve, () => counts.refused++)
    const revealed = new Set<number>()
    await Promise.all([
      often(LURES_PER_SECOND, signal, () => lure(attacker, revealed)),
      often(ASKS_PER_SECOND, signal, () => ask(attacker, question(attacker))),
    ])
  }
}

/** Commits to a ballot of the epoch before, and reveals its root. */
async function lure(attacker: Attacker, revealed: Set<number>): Promise<void> {
  const { network, own, chain } = attacker
  const epoch = attacker.epoch - 1
  if (own === undefined || epoch < 1 || revealed.has(epoch)) return
  const facts = await chain.factsAt(epoch)
  if (facts === undefined || revealed.has(epoch)) return
  revealed.add(epoch)
  const { index: verifier, signer } = own
  const id = { era: attacker.eraOf(epoch), epoch }
  // The same in each flood: the attacker stalls, bombs or poisons, but it contradicts nothing.
  const root = keccakText(`ballot of ${verifier} in epoch ${epoch}`)
  const signature = signer.sign(ballotDigest(network, id, verifier, root))
  const commitment = commitmentOf(root, signature)
  const committed = signer.sign(commitDigest(network, id, verifier, commitment))
  const schedule = signer.sign(scheduleDigest(network, id, facts.beacon))
  await attacker.say(
    'commit',
    Commit.encode({ epoch, verifier, commitment: fromHex(commitment), signature: committed }),
  )
  await attacker.say('ballot', Ballot.encode({ epoch, verifier, root: fromHex(root), signature, schedule, votes: [] }))
}

async function ask(attacker: Attacker, question: Uint8Array | undefined): Promise<void> {
  for (const victim of attacker.victims) {
    const stream = await attacker.open(victim, SYNC_PROTOCOL)
    if (stream === undefined || question === undefined) continue
    await new FramedStream(stream, '127.0.0.1', 1024).send(question).catch(() => attacker.counts.refused++)
  }
}

export const syncStall: Flood = syncLies(stall, () => undefined)
export const syncBomb: Flood = syncLies(bomb, ({ epoch }) => SyncRequest.encode({ gossip: Math.max(1, epoch - 1) }))
export const syncPoison: Flood = syncLies(poison, () => SyncRequest.encode({ ballot: randomBytes(32) }))
