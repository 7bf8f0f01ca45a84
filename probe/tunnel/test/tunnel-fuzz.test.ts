/**
 * Mutated datagrams and bodies at both ends of a tunnel. `npm run fuzz` has a million for each. Whatever arrives, no end
 * crashes or grows, and no byte is proven that was not sealed by the other end of the leg.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import { fuzz, fuzzTimeoutMs, runsOf } from '../../../proto/test/fuzz.js'
import { mutated } from '../../../proto/test/mutations.js'
import { systemRandom } from '../../system.js'
import {
  decodeJoin,
  decodePing,
  decodePong,
  encodeJoin,
  encodePing,
  encodePong,
  KIND,
  MODES,
  NO_COOKIE,
} from '../bodies.js'
import type { ClientLeg } from '../client-leg.js'
import { ClientTunnel } from '../client-tunnel.js'
import { CONTENT_BYTES } from '../constants.js'
import { ExitTunnels } from '../exit-tunnels.js'
import { clientKeyOf, DatagramSealer, WordMask } from '../leg-datagram.js'
import { clientSecret, exitSecret, freshKeyPair, joinKeys, joinMask, keyPairOf, legKeys } from '../leg-keys.js'
import { CERTIFICATE, CERTIFICATE_KEY, EXIT, EXIT_KEY } from './fixtures/exit-identity.js'
import { ManualTime } from './fixtures/manual-time.js'
import { Pair } from './fixtures/pair.js'
import { IDEAL } from './fixtures/sim-network.js'

const SHORT = runsOf(20_000)
/** Authentic datagrams cost an end more, and those that reach QUIC most. */
const SHORT_SEALED = runsOf(5000)
/** After so many, a new tunnel takes the place of the old one, whose sequence numbers and state are used. */
const RENEWED = 2000

const tags = [Buffer.from('down 0..'), Buffer.from('down 1..')]
const named = tags.map((tag, i) => ({ tag, seen: i }))
const CONTENTS: Record<keyof typeof KIND, Buffer[]> = {
  join: [encodeJoin({ clockMs: 5, tunnelId: randomBytes(16), downTag: tags[0]!, downKbps: 1000 })],
  ping: MODES.map((mode, i) => {
    const active = named.slice(0, i)
    return encodePing({ clockMs: 7, cookie: NO_COOKIE, next: i, change: i, mode, padded: true, rests: i > 0, active })
  }),
  pong: [0, 2 ** 40].map((provenBytes, i) =>
    encodePong({ clockMs: 9, cookie: randomBytes(8), next: i, provenBytes, active: named.slice(0, i) }),
  ),
  packet: [
    randomBytes(CONTENT_BYTES),
    Buffer.of(0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 4, 1, 2, 3, 4),
    Buffer.of(0, 0, 0, 0, 0, 1, 0x40),
  ],
}
const bodies = fc.tuple(
  fc.oneof(fc.constantFrom(...Object.values(KIND)), fc.nat(255)),
  mutated(Object.values(CONTENTS).flat()).map(content => content.subarray(0, CONTENT_BYTES)),
  fc.boolean(),
)

describe('fuzzed tunnels', function () {
  this.timeout(fuzzTimeoutMs())

  it('bodies are refused, or have one encoding', async () => {
    let taken = 0
    const forms = [
      [decodeJoin, encodeJoin],
      [decodePing, encodePing],
      [decodePong, encodePong],
    ] as [(content: Buffer) => unknown, (body: unknown) => Buffer][]
    const contents = mutated([...CONTENTS.join, ...CONTENTS.ping, ...CONTENTS.pong])
    await fuzz(
      'bodies',
      contents,
      content => {
        for (const [decode, encode] of forms) {
          const body = decode(content)
          if (body === undefined) continue
          taken++
          expect(encode(body).equals(content)).to.equal(true)
        }
      },
      SHORT,
    )
    expect(taken).to.be.above(0)
  })

  it('datagrams that neither end sealed, or that came before, prove no byte at either end', async () => {
    const time = new ManualTime()
    const pair = await Pair.open({ time })
    const heard: Buffer[] = []
    const added = [pair.addLeg(IDEAL), pair.addLeg(IDEAL)]
    for (const { provider } of added) {
      provider.tamper = datagram => {
        heard.push(Buffer.from(datagram))
        return [datagram]
      }
    }
    time.turn(200)
    await new Promise(setImmediate)
    time.turn(10)
    const samples = [...heard.slice(0, 50), ...heard.slice(-50), randomBytes(DATAGRAM_BYTES), Buffer.alloc(0)]
    const proven = () => [
      ...added.map(({ leg }) => leg.provenDown),
      ...pair.exit.tunnels.flatMap(({ legs }) => legs.map(({ provenBytes }) => provenBytes)),
    ]
    const before = proven()
    let i = 0
    await fuzz(
      'datagrams',
      mutated(samples),
      datagram => {
        const source = added[i++ % 2]!.provider.address
        pair.exit.onDatagram(Buffer.from(datagram), source, time.now())
        pair.client.onDatagram(Buffer.from(datagram), source, time.now())
        pair.network.exitSent.length = 0
      },
      SHORT,
    )
    expect(proven()).to.deep.equal(before)
    const { unknown, replayed, forged, malformed } = pair.exit.counts
    expect(Math.min(unknown, replayed, forged, malformed)).to.be.above(0)
  })

  it('bodies that a client of an attacker sealed gain it no byte of an exit, and nothing of other tunnels', async () => {
    const time = new ManualTime()
    let sentBytes = 0
    let answeredBytes = 0
    const port = {
      send: (datagram: Uint8Array) => {
        answeredBytes += datagram.length + IP_UDP_HEADER_BYTES
      },
    }
    const exit = await ExitTunnels.open({
      ...{ port, key: EXIT_KEY, certificate: CERTIFICATE, certificateKey: CERTIFICATE_KEY },
      ...{ clock: time, timers: time, random: systemRandom, onTunnel: () => expect.fail('no handshake is done') },
      limits: { joins: { host: 1e9, all: 1e9, known: 1e9 } },
    })
    const source = { host: '203.0.113.1', port: 1 }
    const toExit = (datagram: Buffer) => {
      sentBytes += datagram.length + IP_UDP_HEADER_BYTES
      exit.onDatagram(datagram, source, time.now())
    }
    let sealers: DatagramSealer[] = []
    let rounds = 0
    await fuzz(
      'bodies at an exit',
      bodies,
      async ([kind, content, padded]) => {
        if (rounds++ % RENEWED === 0) {
          for (const tunnel of exit.tunnels) tunnel.close()
          sealers = joined(toExit, sealers.length)
        }
        const sealer = sealers[rounds % 2]!
        toExit(sealer.seal(kind, content, padded && content.length < CONTENT_BYTES)!)
        if (rounds % 100 === 0) {
          await new Promise(setImmediate) // QUIC answers
          time.turn(1)
        }
        expect(answeredBytes, 'the exit amplifies nothing').to.be.at.most(sentBytes)
      },
      SHORT_SEALED,
    )
    expect(exit.tunnels.length).to.be.at.most(1)
    expect(exit.tunnels.flatMap(({ legs }) => legs).some(({ isValidated }) => isValidated)).to.equal(false)
    exit.close()
  })

  it('bodies that a lying exit sealed make a client believe no more than it sent', async () => {
    const time = new ManualTime()
    let client: ClientTunnel | undefined
    let leg: ClientLeg | undefined
    let sealer: DatagramSealer
    const [to, up, down] = [{ host: '203.0.113.2', port: 2 }, randomBytes(8), randomBytes(8)]
    let sealedBytes = 0
    let rounds = 0
    const renew = async () => {
      client?.close()
      let join: Buffer | undefined
      const port = {
        send: (datagram: Uint8Array) => {
          join ??= Buffer.from(datagram)
        },
      }
      const ports = { port, clock: time, timers: time, random: systemRandom }
      client = await ClientTunnel.open({ ...ports, exit: EXIT, mode: 'spread' })
      leg = client.addLeg({ up: { tag: up, to, rateKbps: 1000 }, down: { tag: down } })
      const secret = exitSecret(keyPairOf(EXIT_KEY), clientKeyOf(join!, new WordMask(joinMask(EXIT.publicKey)))!)!
      sealer = new DatagramSealer(down, legKeys(secret, up, down).down)
      sealedBytes = 0
      client.established.catch(() => {})
    }
    let joinedLegs = 0
    await fuzz(
      'bodies at a client',
      bodies,
      async ([kind, content, padded]) => {
        if (rounds++ % RENEWED === 0 || leg!.isDead) await renew()
        const datagram = sealer.seal(kind, content, padded && content.length < CONTENT_BYTES)!
        sealedBytes += datagram.length + IP_UDP_HEADER_BYTES
        client!.onDatagram(datagram, to, time.now())
        if (rounds % 100 === 0) await new Promise(setImmediate)
        if (leg!.isJoined) joinedLegs++
        expect(leg!.provenDown).to.equal(sealedBytes)
        expect(leg!.provenUp, 'no more than was sent').to.be.at.most(leg!.sentBytes)
      },
      SHORT_SEALED,
    )
    expect(joinedLegs).to.be.above(0)
    client?.close()
  })
})

/** Joins two legs of one tunnel. @returns what seals their further datagrams */
function joined(toExit: (datagram: Buffer) => void, round: number): DatagramSealer[] {
  const tunnelId = randomBytes(16)
  return tags.map((down, i) => {
    const [up, keyPair] = [randomBytes(8), freshKeyPair(systemRandom)]
    up[0] = round + i
    const secret = clientSecret(keyPair, EXIT.publicKey)
    const joins = new DatagramSealer(up, joinKeys(secret, up), keyPair.publicKey)
    const join = encodeJoin({ clockMs: 1, tunnelId, downTag: down, downKbps: 1000 })
    toExit(joins.seal(KIND.join, join, true)!)
    return new DatagramSealer(up, legKeys(secret, up, down).up)
  })
}
