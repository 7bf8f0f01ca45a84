/**
 * Mutated datagrams at real ports: a verifier's, which collects one session and awaits heartbeats, and a provider's, which
 * relays one session. `npm run fuzz` has a million for each. No datagram ends a port or holds it up, and the provider
 * counts each of them once.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { CHALLENGE_MAGIC, DATAGRAM_BYTES, ECHO_MAGIC, SIZES_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { fuzz, fuzzTimeoutMs } from '../../../proto/test/fuzz.js'
import { mutated } from '../../../proto/test/mutations.js'
import { Condition } from '../../deadline.js'
import { systemClock } from '../../system.js'
import { HOST } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { HeaderSeal } from '../../wire/header-seal.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { anchorOf } from '../clock.js'
import { forwardAll } from '../forwarding.js'
import { receiverCounterMemory, receiverStats } from '../receiver-stats.js'
import { beatOf, Receiving } from '../receiving.js'
import { relayCounterMemory, relayTraffic } from '../relay-stats.js'
import { Relaying } from '../relaying.js'
import { countedUntil, droppedIn } from './fixtures/counted.js'

/** Datagrams that may be under way: far fewer than the receive buffer holds. */
const UNDER_WAY = 32
const WAIT_MS = 10_000

const TAG = randomBytes(TAG_BYTES)
const BEAT_TAG = randomBytes(TAG_BYTES)
const HEADER_KEY = randomBytes(16)
const PORT = { host: HOST, port: 0, backend: 'dgram', clock: anchorOf(systemClock) } as const

const tagged = (tag: Buffer, ...parts: Uint8Array[]) => Buffer.concat([tag, ...parts])
const challenge = tagged(TAG, CHALLENGE_MAGIC, randomBytes(16))
const SAMPLES = [
  challenge,
  tagged(TAG, ECHO_MAGIC, randomBytes(16)),
  tagged(TAG, randomBytes(DATAGRAM_BYTES - TAG_BYTES)),
  tagged(BEAT_TAG, randomBytes(DATAGRAM_BYTES - TAG_BYTES)),
  tagged(randomBytes(TAG_BYTES), randomBytes(100)),
]

/** With a seal that holds, whatever is under it: only the sender of the session can make these. */
const sealed = fc
  .tuple(
    fc.nat(2),
    fc.oneof(fc.nat(3000), fc.nat(0xffffff)),
    fc.constantFrom(DATAGRAM_BYTES, ...SIZES_BYTES, 700),
    fc.nat(2 ** 32 - 1),
  )
  .map(([slot, sequence, length, time]) => {
    const datagram = tagged(TAG, Buffer.alloc(DATAGRAM_BYTES - TAG_BYTES))
    datagram.writeUInt8(slot, TAG_BYTES)
    datagram.writeUIntBE(sequence, TAG_BYTES + 1, 3)
    datagram.set(TAG, TAG_BYTES + 4)
    datagram.writeUInt32BE(time, TAG_BYTES + 12)
    new HeaderSeal(HEADER_KEY, 1).seal(datagram, 1)
    return datagram.subarray(0, length)
  })
const datagrams = fc.oneof({ weight: 3, arbitrary: mutated(SAMPLES) }, { weight: 1, arbitrary: sealed })
/** UDP itself carries no more. */
const fits = ({ length }: Buffer) => length < 60_000

describe('fuzzed datagrams', function () {
  this.timeout(fuzzTimeoutMs())

  it('neither end a verifier’s port nor hold it up, and a heartbeat among them is heard', async () => {
    const counters = receiverCounterMemory()
    const stats = receiverStats(counters)
    const changed = new Condition()
    let beats = 0
    const receiving = await Receiving.open({ ...PORT, counters }, ({ kind }) => {
      if (kind === 'heartbeat') beats++
      changed.changed()
    })
    const sender = await PlainUdp.open(() => changed.changed())
    const stranger = await PlainUdp.open(() => {})
    const send = (datagram: Buffer, from = sender) => from.send(datagram, receiving.facts.port)
    try {
      receiving.collect(1, 1, { main: 2000, control: 200, direct: 200, turn: 200 }, false)
      receiving.expect(TAG, HEADER_KEY, 'provider', 1, 0)
      receiving.expectHeartbeats(BEAT_TAG)
      const reading = { claimKbps: 100_000, thresholdKbps: 60_000, rttMs: 1, yieldMs: 100 }
      receiving.begin(1, systemClock.now(), reading, [], 100)
      send(challenge)
      send(tagged(BEAT_TAG, CHALLENGE_MAGIC, randomBytes(16)))
      expect(await changed.until(() => stats.echoes === 2, WAIT_MS)).to.equal(true)
      let sent = 0
      await fuzz('datagrams at a verifier', datagrams.filter(fits), async datagram => {
        send(datagram, sent % 4 === 0 ? stranger : sender)
        if (++sent % UNDER_WAY > 0) return
        const beat = randomBytes(DATAGRAM_BYTES - TAG_BYTES)
        receiving.awaitBeat(beatOf(beat))
        send(tagged(BEAT_TAG, beat))
        expect(await changed.until(() => beats === sent / UNDER_WAY, WAIT_MS), 'the port still listens').to.equal(true)
      })
      const { dropped, taken } = stats
      for (const [why, count] of Object.entries(dropped)) expect(count, why).to.be.above(0)
      expect(taken, 'data and heartbeats').to.be.above(beats)
      const { senders } = receiving.finish(1)
      expect(senders[0]!.main.arrived).to.be.within(1, 2000)
    } finally {
      await receiving.close()
      await Promise.all([sender.close(), stranger.close()])
    }
  })

  it('are each forwarded, or dropped for one reason, by a provider', async () => {
    const counters = relayCounterMemory()
    const stats = relayTraffic(counters)
    const changed = new Condition()
    const counted = () => stats.forwarded + stats.echoes + droppedIn(stats) + answered
    let answered = 0
    let isValidated = false
    const options = { ...PORT, counters, claimKbps: 10_000_000, offload: false, forwarding: forwardAll }
    const relaying = await Relaying.open(options, event => {
      if (event.kind === 'path') isValidated = event.validated
      changed.changed()
    })
    const hop = await PlainUdp.open((datagram, { port }) => {
      if (isChallenge(datagram) && !isValidated) hop.send(echoOf(datagram), port)
      changed.changed()
    })
    const sender = await PlainUdp.open(() => {
      answered++ // the relay echoes a few challenges of whoever opened a session
      changed.changed()
    })
    try {
      const limits = { openBytes: 1000, rateKbps: 10_000_000, budgetBytes: 2e9 }
      const nextHop = { nextHopHost: HOST, nextHopPort: hop.port, opener: 'a' }
      relaying.openSession({ id: 1, reserved: true, tag: TAG, nonce: randomBytes(16), ...limits, ...nextHop })
      expect(await changed.until(() => isValidated, WAIT_MS)).to.equal(true)
      const before = counted()
      let sent = 0
      await fuzz('datagrams at a provider', datagrams.filter(fits), async datagram => {
        sender.send(datagram, relaying.facts.port)
        if (++sent % UNDER_WAY > 0) return
        sender.send(tagged(randomBytes(TAG_BYTES), Buffer.of(sent % 251)), relaying.facts.port)
        const all = sent + sent / UNDER_WAY
        const isCounted = await countedUntil(() => counted() - before >= all)
        expect(isCounted, `${counted() - before} of ${all} are counted`).to.equal(true)
      })
      expect(stats.forwarded).to.be.above(0)
      for (const why of ['unknown-tag', 'malformed', 'wrong-echo'] as const)
        expect(stats.dropped[why], why).to.be.above(0)
      expect(relaying.endSession(1)?.bytes).to.be.above(0)
    } finally {
      await relaying.close()
      await Promise.all([hop.close(), sender.close()])
    }
  })
})
