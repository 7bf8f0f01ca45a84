/** What others can do to an exit and to a client: strangers, spoofers, relays on the way, and other clients. */
import { randomBytes, randomInt } from 'node:crypto'
import { expect } from 'chai'
import { CHALLENGE_BYTES, DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { systemRandom } from '../../system.js'
import { challengeOf, echoOf } from '../../wire/path-validation.js'
import { encodeJoin, encodePing, KIND, NO_COOKIE } from '../bodies.js'
import { JOIN_MS, PING_MS } from '../constants.js'
import { DatagramSealer } from '../leg-datagram.js'
import { clientSecret, freshKeyPair, joinKeys, joinMask, legKeys } from '../leg-keys.js'
import { EXIT } from './fixtures/exit-identity.js'
import { ManualTime } from './fixtures/manual-time.js'
import { Pair, type PairOptions } from './fixtures/pair.js'
import { IDEAL, randomOf } from './fixtures/sim-network.js'

const NEAR = { ...IDEAL, delayMs: 5 }
const EVIL = { host: '203.0.113.66', port: 666 }
const RUNS = 100_000

async function opened(options: PairOptions = {}, legs = 2) {
  const time = new ManualTime()
  const pair = await Pair.open({ time, ...options })
  const added = Array.from({ length: legs }, () => pair.addLeg(NEAR))
  const heard: Buffer[] = []
  for (const { provider } of added) {
    provider.tamper = datagram => {
      heard.push(Buffer.from(datagram))
      return [datagram]
    }
  }
  time.turn(200)
  await new Promise(setImmediate) // QUIC sends its first packets
  time.turn(10) // and all that was sent has arrived
  const sentTo = (host: string) => pair.network.exitSent.filter(({ to }) => to.host === host)
  const toExit = (datagram: Buffer, from = EVIL) => pair.exit.onDatagram(Buffer.from(datagram), from, time.now())
  return {
    time,
    pair,
    heard,
    sentTo,
    toExit,
    legs: added.map(({ leg }) => leg),
    providers: added.map(({ provider }) => provider),
  }
}

/** A client of an attacker, with tags and a tunnel of its choice. */
function forger(given: { up?: Uint8Array; down?: Uint8Array; exitKey?: Uint8Array } = {}) {
  const { up = randomBytes(8), down = randomBytes(8), exitKey = EXIT.publicKey } = given
  const [tunnelId, keyPair] = [randomBytes(16), freshKeyPair(systemRandom)]
  const secret = clientSecret(keyPair, exitKey)
  const joins = new DatagramSealer(up, joinKeys(secret, up), keyPair.publicKey)
  const datagrams = new DatagramSealer(up, legKeys(secret, up, down).up)
  return {
    join: () => joins.seal(KIND.join, encodeJoin({ clockMs: 0, tunnelId, downTag: down, downKbps: 1e6 }), true)!,
    ping: (change: number, activeTags: Uint8Array[], padded = true) =>
      datagrams.seal(
        KIND.ping,
        encodePing({
          clockMs: 0,
          cookie: NO_COOKIE,
          next: 0,
          change,
          mode: 'copies',
          padded,
          rests: false,
          active: activeTags.map(tag => ({ tag, seen: 0 })),
        }),
        padded,
      )!,
  }
}

describe('an attacked exit', () => {
  it('does not move a leg for datagrams that are repeated from elsewhere', async () => {
    const { time, pair, heard, sentTo, toExit, legs } = await opened()
    const [before, counted] = [
      pair.exit.tunnels[0]!.legs.map(({ provenBytes }) => provenBytes),
      { ...pair.exit.counts },
    ]
    for (const datagram of heard) toExit(datagram)
    expect(pair.exit.tunnels[0]!.legs.map(({ provenBytes }) => provenBytes)).to.deep.equal(before)
    expect(pair.exit.counts.opened).to.equal(counted.opened)
    expect(sentTo(EVIL.host)).to.have.length(0)
    time.turn(500)
    expect(legs.every(({ isJoined }) => isJoined)).to.equal(true)
  })

  it('answers to the first source even if a datagram comes from elsewhere first', async () => {
    const { time, pair, sentTo, toExit, legs, providers } = await opened({}, 1)
    const honest = providers[0]!.address
    providers[0]!.tamper = (datagram, direction) => {
      if (direction === 'up') toExit(datagram)
      return [datagram]
    }
    time.turn(200)
    expect(sentTo(EVIL.host)).to.have.length(0)
    expect(sentTo(honest.host)).to.have.length.above(15)
    expect(legs[0]!.isJoined && pair.exit.counts.replayed > 5).to.equal(true)
  })

  it('answers nothing before a join opens, but echoes challenges of any tag', async () => {
    const { pair, toExit, sentTo } = await opened({}, 0)
    const challenge = challengeOf(randomBytes(8), randomBytes(16))
    toExit(challenge)
    expect(sentTo(EVIL.host)).to.deep.equal([{ to: EVIL, bytes: CHALLENGE_BYTES }])
    toExit(echoOf(challenge))
    toExit(forger().ping(1, []))
    toExit(forger({ exitKey: freshKeyPair(systemRandom).publicKey }).join())
    toExit(Buffer.alloc(9))
    expect(pair.exit.counts.unknown).to.equal(4)
    const forged = forger().join()
    forged[100]! ^= 1
    toExit(forged)
    const zero = { ...freshKeyPair(systemRandom), publicKey: new Uint8Array(32) }
    const keys = {
      ...joinKeys(clientSecret(freshKeyPair(systemRandom), EXIT.publicKey), randomBytes(8)),
      mask: joinMask(EXIT.publicKey),
    }
    toExit(new DatagramSealer(randomBytes(8), keys, zero.publicKey).seal(KIND.join, Buffer.alloc(36), true)!)
    expect(pair.exit.counts.forged).to.equal(2)
    expect(sentTo(EVIL.host)).to.have.length(1)
    expect(pair.exit.tunnels).to.have.length(0)
  })

  it('sends a spoofed source no more bytes than came from there', async () => {
    const { time, toExit, sentTo } = await opened({}, 0)
    const { join, ping } = forger({ down: Buffer.from('spoofed.') })
    let sent = 0
    const spoof = (datagram: Buffer) => {
      sent += datagram.length + IP_UDP_HEADER_BYTES
      toExit(datagram)
      const answered = sentTo(EVIL.host).reduce((sum, { bytes }) => sum + bytes + IP_UDP_HEADER_BYTES, 0)
      expect(answered).to.be.at.most(sent)
    }
    for (let i = 0; i < 3; i++) spoof(join())
    for (let i = 1; i < 50; i++) {
      spoof(ping(i, [Buffer.from('spoofed.')], i < 25))
      time.turn(PING_MS)
    }
    expect(sentTo(EVIL.host)).to.have.length.above(3)
  })

  it('keeps a bounded state against a flood of joins, and those who are known come in', async () => {
    const { time, pair, toExit, legs } = await opened({
      limits: { tunnels: 20, joins: { host: 20, all: 50, known: 50 } },
    })
    const flood = Array.from({ length: 1500 }, () => forger().join())
    for (const [i, join] of flood.entries()) {
      toExit(join, { host: `198.51.${i >> 8}.${i & 255}`, port: 1 })
      if (i % 10 === 0) time.turn(1)
    }
    expect(pair.exit.counts.refused).to.be.above(1000)
    expect(pair.exit.tunnels).to.have.length(20)
    // From a host on which clients have joined before.
    const { leg } = pair.addLeg(NEAR, 400_000, pair.network.providers[0]!.address.host)
    time.turn(20)
    expect(leg.isJoined).to.equal(true)
    time.turn(JOIN_MS + 1000)
    expect(legs.every(({ isJoined }) => isJoined)).to.equal(true)
    expect(pair.exit.tunnels, 'the flood’s tunnels are forgotten').to.have.length(1)
  })

  it('gives a tunnel’s legs to nobody who does not know its id', async () => {
    const { time, pair, toExit, legs, providers } = await opened()
    const tags = providers.map(({ down }) => down)
    const other = forger({ down: tags[0]! })
    toExit(other.join())
    toExit(other.ping(2 ** 31, tags))
    time.turn(100)
    const [honest, evil] = pair.exit.tunnels
    expect(honest!.activeLegs).to.have.length(2)
    expect(honest!.mode).to.equal('spread')
    expect(evil!.activeLegs).to.have.length(1)
    expect(legs.every(({ isUsedByExit }) => isUsedByExit)).to.equal(true)
  })

  it('loses one leg and no more if a relay takes its up tag first', async () => {
    const { time, pair, toExit, legs } = await opened()
    const up = Buffer.alloc(8, 'up 2......')
    toExit(forger({ up }).join())
    const { leg } = pair.addLeg(NEAR)
    time.turn(JOIN_MS + 100)
    expect(await leg.dead).to.equal('unanswered')
    expect(legs.every(({ isJoined }) => isJoined)).to.equal(true)
  })

  it('does not go back to legs that an old ping names, if a relay delays it', async () => {
    const { time, pair, legs, providers } = await opened({ mode: 'standby' }, 2)
    const held: Buffer[] = []
    providers[1]!.tamper = (datagram, direction) => {
      if (direction === 'up' && held.length === 0) held.push(Buffer.from(datagram))
      return [datagram]
    }
    time.turn(PING_MS)
    providers[1]!.tamper = datagram => [datagram]
    pair.client.endLeg(legs[0]!)
    time.turn(PING_MS)
    expect(pair.exit.tunnels[0]!.activeLegs).to.have.length(1)
    pair.exit.onDatagram(held[0]!, providers[1]!.address, time.now())
    expect(pair.exit.tunnels[0]!.activeLegs).to.have.length(1)
  })
})

describe('random datagrams', () => {
  it(`prove no byte at either end: ${RUNS}, half of them changed ones`, async () => {
    const { time, pair, heard, legs, providers } = await opened()
    const seed = randomInt(2 ** 31)
    const random = randomOf(seed)
    const exitLegs = pair.exit.tunnels[0]!.legs
    const proven = () => [
      ...legs.map(({ provenDown }) => provenDown),
      ...exitLegs.map(({ provenBytes }) => provenBytes),
    ]
    const before = proven()
    const datagram: Buffer = randomBytes(DATAGRAM_BYTES)
    for (let i = 0; i < RUNS; i++) {
      const length = Math.floor(random() * (DATAGRAM_BYTES + 2))
      const { up, down } = providers[i % 2]!
      const changed: Buffer =
        i % 4 < 2 ? Buffer.from(heard[i % heard.length]!) : Buffer.from(datagram.subarray(0, length))
      changed[Math.floor(random() * changed.length)]! ^= 1 + Math.floor(random() * 255)
      if (i % 8 >= 4) changed.set((i % 2 ? up : down).subarray(0, changed.length))
      pair.exit.onDatagram(changed, providers[i % 2]!.address, time.now())
      pair.client.onDatagram(changed, providers[i % 2]!.address, time.now())
    }
    expect(proven(), `seed ${seed}`).to.deep.equal(before)
    expect(pair.exit.counts.malformed + pair.client.counts.malformed).to.be.above(0)
  })
})
