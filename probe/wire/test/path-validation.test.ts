/** Time is made up, so every challenge is seen at its exact instant. */
import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  CHALLENGE_BYTES,
  IP_UDP_HEADER_BYTES,
  IPV6_UDP_HEADER_BYTES,
  NONCE_BYTES,
  TAG_BYTES,
} from '../../../proto/datagram.js'
import { RelayOpen } from '../../../proto/messages.js'
import { CHALLENGE_TIMEOUT_MS, CHALLENGES, OPEN_BYTES } from '../../constants.js'
import { echoOf, PathValidation } from '../path-validation.js'
import { paddedOpen } from '../relay-client.js'

const HEADER_BYTES = { '192.0.2.1': IP_UDP_HEADER_BYTES, '2001:db8::1': IPV6_UDP_HEADER_BYTES } as const
type Host = keyof typeof HEADER_BYTES
const HOSTS = Object.keys(HEADER_BYTES) as Host[]

/** Runs a validation to its end. @param lets whether the i-th attempt may go out */
function run(nextHopHost: Host, openBytes: number, lets: (attempt: number) => boolean = () => true) {
  let nowMs = 0
  let attempts = 0
  const sentMs: number[] = []
  const settled: boolean[] = []
  const send = (): boolean => {
    const goes = lets(attempts++)
    if (goes) sentMs.push(nowMs)
    return goes
  }
  const bytes = { tag: randomBytes(TAG_BYTES), nonce: randomBytes(NONCE_BYTES) }
  new PathValidation({ ...bytes, nextHopHost, openBytes, send, onSettled: validated => settled.push(validated) })
  for (; nowMs <= 2 * CHALLENGE_TIMEOUT_MS; nowMs++) mock.timers.tick(1)
  return { sentMs, settled, ipBytes: sentMs.length * (CHALLENGE_BYTES + HEADER_BYTES[nextHopHost]) }
}

describe('path validation', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  it('challenges a silent next hop at growing intervals, and then gives up', () => {
    for (const host of HOSTS) {
      const { sentMs, settled } = run(host, OPEN_BYTES)
      expect(sentMs).to.have.length(CHALLENGES)
      const gaps = sentMs.slice(1).map((atMs, i) => atMs - sentMs[i]!)
      for (const [i, gap] of gaps.slice(1).entries()) expect(gap / gaps[i]!).to.be.within(1.7, 1.8)
      expect(sentMs.at(-1)).to.be.below(CHALLENGE_TIMEOUT_MS)
      expect(settled).to.deep.equal([false])
    }
  })

  for (const [rttMs, challenges] of [
    [150, 6],
    [320, 5],
    [600, 4],
  ] as const)
    it(`leaves ${challenges} challenges to a next hop at a round trip of ${rttMs} ms`, () => {
      // The next hop hears of its tag through the opener. A challenge before that is lost, and so is an echo too late.
      const useful = run('192.0.2.1', OPEN_BYTES).sentMs.filter(
        atMs => atMs + rttMs / 2 > rttMs && atMs + rttMs < CHALLENGE_TIMEOUT_MS,
      )
      expect(useful).to.have.length(challenges)
    })

  it('sends the next hop no more bytes than the opening had, whatever its length', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HOSTS), fc.nat(1024), fc.infiniteStream(fc.boolean()), (host, openBytes, lets) => {
        const { ipBytes, settled } = run(host, openBytes, () => lets.next().value)
        return ipBytes <= openBytes && settled.length === 1
      }),
      { numRuns: 20 },
    )
  })

  it('makes up for challenges that were held back', () => {
    const { sentMs } = run('192.0.2.1', 2 * (CHALLENGE_BYTES + IP_UDP_HEADER_BYTES), attempt => attempt >= 4)
    expect(sentMs).to.have.length(2)
  })

  it('ends with the echo of its nonce from the next hop, and with no other', () => {
    const challenges: Uint8Array[] = []
    const settled: boolean[] = []
    const path = new PathValidation({
      ...{ tag: randomBytes(TAG_BYTES), nonce: randomBytes(NONCE_BYTES), nextHopHost: '192.0.2.1' },
      ...{ openBytes: OPEN_BYTES, onSettled: validated => settled.push(validated) },
      send: challenge => challenges.push(challenge) > 0,
    })
    mock.timers.tick(100)
    const echo = echoOf(challenges[0]!)
    const other = Uint8Array.from(echo)
    other[other.length - 1]! ^= 1
    expect(path.accept(echo, false)).to.equal(false)
    expect(path.accept(other, true)).to.equal(false)
    expect(path.accept(echo, true)).to.equal(true)
    const { length } = challenges
    mock.timers.tick(CHALLENGE_TIMEOUT_MS)
    expect(challenges).to.have.length(length)
    expect(settled).to.deep.equal([true])
  })

  it('is paid for by every opening, all of one length', () => {
    const requests = fc.record({
      sessionId: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      nextHopHost: fc.oneof(fc.ipV4(), fc.ipV6()),
      nextHopPort: fc.integer({ min: 1, max: 0xffff }),
      budgetBytes: fc.nat(),
      rateKbps: fc.nat(),
      durationMs: fc.nat(),
    })
    fc.assert(
      fc.property(
        requests,
        request => RelayOpen.encode(paddedOpen(request, `0x${'11'.repeat(20)}`)).length === OPEN_BYTES,
      ),
    )
    expect(OPEN_BYTES).to.be.below(RelayOpen.maxBytes)
  })
})
