/** Messages of empty sub-messages: two bytes on the wire for each object in memory. */
import { ProbeFrame, Proposal } from '../../../proto/messages.js'
import { PROBE_PROTOCOL } from '../../../proto/protocols.js'
import { FramedStream } from '../../../verifier/net/framed-stream.js'
import { type Flood, often } from '../attacker.js'

const PER_SECOND = 5
/** Tags of Proposal.epoch, Proposal.lists, and ProbeFrame.reveal. */
const [EPOCH_TAG, LISTS_TAG, REVEAL_TAG] = [0x08, 0x2a, 0x42]

export const bombs: Flood = (attacker, signal) =>
  often(PER_SECOND, signal, async i => {
    await attacker.say('proposal', bombOf(LISTS_TAG, Proposal.maxBytes, [EPOCH_TAG, 1 + (i % 127)]))
    for (const victim of attacker.victims) {
      const stream = await attacker.open(victim, PROBE_PROTOCOL)
      if (stream === undefined) continue
      const framed = new FramedStream(stream, '127.0.0.1', 1024)
      await framed.send(bombOf(REVEAL_TAG, ProbeFrame.maxBytes)).catch(() => attacker.counts.refused++)
      await framed.close()
    }
  })

/** @param head no bomb twice, or gossipsub would send it once */
export function bombOf(tag: number, maxBytes: number, head: readonly number[] = []): Uint8Array {
  const bomb = new Uint8Array(maxBytes - (maxBytes % 2))
  for (let at = 0; at < bomb.length; at += 2) bomb[at] = tag
  bomb.set(head)
  return bomb
}
