/**
 * A relay whose process does not run for a while: the kernel holds what arrives, with the time of each datagram. This
 * thread is both the relay's and the sender's, so the relay is held up for as long as the sender sends.
 */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { LIMITER_BURST_MS, POLICE_BURST_MS, POLICE_SLACK } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { systemClock } from '../../system.js'
import { HOST } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { bytesIn } from '../../verdict/share.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { anchorOf } from '../clock.js'
import { type ForwardingSpec, forwardAll, limited } from '../forwarding.js'
import { relayCounterMemory, relayTraffic } from '../relay-stats.js'
import { Relaying } from '../relaying.js'
import { TokenBucket } from '../token-bucket.js'
import { countedUntil, droppedIn } from './fixtures/counted.js'

const WAIT_MS = 10_000
const HELD_UP_MS = 1000
const SEND_EVERY_MS = 0.5
/** one datagram in 0.5 ms */
const STREAM_KBPS = (IP_DATAGRAM_BYTES * 8) / SEND_EVERY_MS

describe('a relay that was held up for a second', () => {
  it('still limits by when datagrams arrived', async function () {
    this.retries(2) // a sender that is held up itself sends too little to fill the bucket
    const limitKbps = STREAM_KBPS / 8
    const { sentAtMs, forwarded } = await forwardedAfter(HELD_UP_MS, { forwarding: limited(limitKbps) })
    const expected = passedOf(sentAtMs, limitKbps, bytesIn(limitKbps, LIMITER_BURST_MS))
    expect(forwarded).to.be.closeTo(expected, offBy(expected))
    expect(forwarded, 'more than the bucket holds').to.be.above(
      (4 * bytesIn(limitKbps, LIMITER_BURST_MS)) / IP_DATAGRAM_BYTES,
    )
  })

  it('takes no stream that kept its rate for a burst', async () => {
    const { sentAtMs, forwarded } = await forwardedAfter(HELD_UP_MS, { rateKbps: STREAM_KBPS })
    expect(forwarded).to.equal(sentAtMs.length)
  })

  it('still polices a stream that did not', async () => {
    const rateKbps = STREAM_KBPS / 4
    const { sentAtMs, forwarded } = await forwardedAfter(HELD_UP_MS, { rateKbps })
    const expected = passedOf(sentAtMs, rateKbps * POLICE_SLACK, bytesIn(rateKbps, POLICE_BURST_MS))
    expect(forwarded).to.be.closeTo(expected, offBy(expected))
  })
})

/** How far a count may be off: a few datagrams are many of a short stream. */
const offBy = (expected: number): number => Math.max(2, 0.02 * expected)

/** How many of the datagrams a token bucket passes. */
function passedOf(sentAtMs: readonly number[], rateKbps: number, capacityBytes: number): number {
  const bucket = new TokenBucket(rateKbps, capacityBytes, sentAtMs[0]!)
  return sentAtMs.filter(ms => bucket.take(IP_DATAGRAM_BYTES, ms)).length
}

interface HeldUp {
  /** of the session */
  readonly rateKbps?: number
  readonly forwarding?: ForwardingSpec
}

/** Sends a datagram every half millisecond while the relay does not run. */
async function forwardedAfter(
  heldUpMs: number,
  { rateKbps = 10_000_000, forwarding = forwardAll }: HeldUp,
): Promise<{ sentAtMs: number[]; forwarded: number }> {
  const tag = randomBytes(TAG_BYTES)
  const counters = relayCounterMemory()
  const stats = relayTraffic(counters)
  const changed = new Condition()
  let isValidated = false
  const port = { host: HOST, port: 0, backend: 'mmsg', clock: anchorOf(systemClock), offload: false } as const
  const relaying = await Relaying.open({ ...port, counters, claimKbps: 10_000_000, forwarding }, event => {
    if (event.kind === 'path') isValidated = event.validated
    changed.changed()
  })
  const hop = await PlainUdp.open((datagram, { port }) => {
    if (isChallenge(datagram)) hop.send(echoOf(datagram), port)
  })
  const sender = createSocket('udp4')
  sender.connect(relaying.facts.port, HOST)
  await once(sender, 'connect')
  try {
    expect(relaying.facts.kernelTimestamps).to.equal(true)
    const nextHop = { nextHopHost: HOST, nextHopPort: hop.port, opener: 'a' }
    const limits = { openBytes: 1000, rateKbps, budgetBytes: 2e9 }
    relaying.openSession({ id: 1, reserved: true, tag, nonce: randomBytes(16), ...limits, ...nextHop })
    expect(await changed.until(() => isValidated, WAIT_MS)).to.equal(true)
    const datagram = Buffer.concat([tag, randomBytes(DATAGRAM_BYTES - TAG_BYTES)])
    const sentAtMs: number[] = []
    // A connected socket sends at once, although nothing else of this thread runs.
    for (let nowMs = performance.now(), fromMs = nowMs; nowMs < fromMs + heldUpMs; nowMs = performance.now()) {
      if (sentAtMs.length > 0 && nowMs < sentAtMs.at(-1)! + SEND_EVERY_MS) continue // no burst after a pause of its own
      sender.send(datagram)
      sentAtMs.push(nowMs)
    }
    expect(await countedUntil(() => stats.forwarded + droppedIn(stats) === sentAtMs.length), 'all arrived').to.equal(
      true,
    )
    return { sentAtMs, forwarded: stats.forwarded }
  } finally {
    await relaying.close()
    await Promise.all([hop.close(), new Promise<void>(resolve => sender.close(() => resolve()))])
  }
}
