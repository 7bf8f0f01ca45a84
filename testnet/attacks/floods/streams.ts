/** Streams of all protocols, and of one that nobody speaks. Half of them stay open and say nothing. */
import { PRESENCE_PROTOCOL, PROBE_PROTOCOL, REACH_PROTOCOL, SYNC_PROTOCOL } from '../../../proto/protocols.js'
import { type Flood, often } from '../attacker.js'

const PER_SECOND = 1000
const PROTOCOLS = [SYNC_PROTOCOL, PROBE_PROTOCOL, PRESENCE_PROTOCOL, REACH_PROTOCOL, '/bandwitness/nothing/1.0.0']

export const streams: Flood = (attacker, signal) =>
  often(PER_SECOND, signal, async i => {
    const victim = attacker.victims[i % attacker.victims.length]!
    const stream = await attacker.open(victim, PROTOCOLS[i % PROTOCOLS.length]!)
    if (i % 2 === 0) stream?.abort(new Error('next'))
  })
