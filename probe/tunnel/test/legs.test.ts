/** How legs join, count and die, with a clock that the test turns. No packet of QUIC is needed for that. */
import { expect } from 'chai'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES, IP_UDP_HEADER_BYTES } from '../../../proto/datagram.js'
import type { Mode } from '../bodies.js'
import type { ClientLeg, LegDeath } from '../client-leg.js'
import { ALL_SILENT_MS, HANDSHAKE_MS, JOIN_MS, LEG_IDLE_MS, PING_MS } from '../constants.js'
import { ManualTime } from './fixtures/manual-time.js'
import { Pair } from './fixtures/pair.js'
import { type Conditions, IDEAL } from './fixtures/sim-network.js'

const NEAR: Conditions = { ...IDEAL, delayMs: 5 }

async function opened(mode: Mode = 'spread', legs = 2) {
  const time = new ManualTime()
  const pair = await Pair.open({ time, mode })
  const added = Array.from({ length: legs }, () => pair.addLeg(NEAR))
  const deaths = new Map<ClientLeg, LegDeath>()
  for (const { leg } of added) void leg.dead.then(why => deaths.set(leg, why))
  time.turn(200)
  const exitLegs = () => pair.exit.tunnels[0]?.legs ?? []
  const exitUses = () => pair.exit.tunnels[0]!.activeLegs.map(leg => leg.downTag.toString())
  return {
    time,
    pair,
    legs: added.map(({ leg }) => leg),
    providers: added.map(({ provider }) => provider),
    deaths,
    exitLegs,
    exitUses,
  }
}

describe('legs', () => {
  it('join, and both ends use them', async () => {
    const { pair, legs, providers, exitUses } = await opened()
    await Promise.all(legs.map(({ joined }) => joined))
    expect(pair.client.activeLegs).to.deep.equal(legs)
    expect(exitUses()).to.deep.equal(providers.map(({ down }) => down.toString()))
    for (const leg of legs) {
      expect(leg.rttMs).to.equal(10)
      expect(leg.jitterMs).to.equal(0)
      expect(leg.isUsedByExit).to.equal(true)
    }
  })

  it('count proven bytes at the IP layer, each that the network delivered', async () => {
    const { time, legs, providers, exitLegs } = await opened('spread', 1)
    const [leg, provider, exitLeg] = [legs[0]!, providers[0]!, exitLegs()[0]!]
    const agree = () => {
      expect(exitLeg.provenBytes).to.equal(provider.delivered.up)
      expect(leg.provenDown).to.equal(provider.delivered.down)
      expect(leg.provenUp).to.be.within(exitLeg.provenBytes - 2 * IP_DATAGRAM_BYTES, exitLeg.provenBytes)
    }
    agree()
    expect(exitLeg.provenBytes % IP_DATAGRAM_BYTES, 'padded').to.equal(0)
    leg.unpad()
    time.turn(10 * PING_MS)
    expect(exitLeg.padded).to.equal(false)
    const before = provider.delivered.up
    time.turn(10 * PING_MS)
    agree()
    expect(provider.delivered.up - before).to.be.below(12 * (IP_UDP_HEADER_BYTES + 70))
  })

  it('die by silence within three pings, four jitters and one more, and the exit leaves them at the next ping', async () => {
    const { time, pair, legs, providers, deaths, exitUses } = await opened()
    providers[0]!.isStopped = true
    time.turn(40)
    await Promise.resolve()
    expect(deaths.size).to.equal(0)
    time.turn(2 * PING_MS)
    await Promise.resolve()
    expect([...deaths]).to.deep.equal([[legs[0], 'silent']])
    expect(pair.client.activeLegs).to.deep.equal([legs[1]])
    time.turn(5)
    expect(exitUses()).to.deep.equal([providers[1]!.down.toString()])
  })

  it('die at once if their owner ends them', async () => {
    const { time, pair, legs, providers, exitUses } = await opened()
    pair.client.endLeg(legs[1]!)
    expect(await legs[1]!.dead).to.equal('closed')
    time.turn(5)
    expect(exitUses()).to.deep.equal([providers[0]!.down.toString()])
    pair.client.endLeg(legs[1]!, 'silent')
    expect(await legs[1]!.dead, 'the first reason stays').to.equal('closed')
  })

  it('are not blamed if all are silent, until that lasts', async () => {
    const { time, providers, deaths } = await opened()
    for (const provider of providers) provider.isStopped = true
    time.turn(ALL_SILENT_MS - 2 * PING_MS)
    await Promise.resolve()
    expect(deaths.size).to.equal(0)
    for (const provider of providers) provider.isStopped = false
    time.turn(1000)
    await Promise.resolve()
    expect(deaths.size).to.equal(0)
    for (const provider of providers) provider.isStopped = true
    time.turn(ALL_SILENT_MS + 2 * PING_MS)
    await Promise.resolve()
    expect([...deaths.values()]).to.deep.equal(['silent', 'silent'])
  })

  it('outlive a pause of the client’s process', async () => {
    const { time, deaths } = await opened()
    time.pause(2000)
    time.turn(1000)
    await Promise.resolve()
    expect(deaths.size).to.equal(0)
  })

  it('live on round trips that are far longer than three pings, also after a pause', async () => {
    const { time, pair } = await opened('spread', 0)
    const legs = [300, 40].map(delayMs => pair.addLeg({ ...NEAR, delayMs }).leg)
    let isEstablished = false
    void pair.client.established.then(() => {
      isEstablished = true
    })
    while (!isEstablished || !legs.every(({ isJoined }) => isJoined)) {
      time.turn(PING_MS)
      await new Promise(resolve => setImmediate(resolve)) // for QUIC
    }
    expect(legs.map(({ isJoined }) => isJoined)).to.deep.equal([true, true])
    for (let i = 0; i < 20; i++) {
      time.pause(30 * i)
      time.turn(1000)
    }
    expect(legs.map(({ isJoined }) => isJoined)).to.deep.equal([true, true])
  })

  it('in standby ping, and only one is in use until it dies', async () => {
    const { time, pair, legs, providers, exitUses } = await opened('standby', 3)
    expect(pair.client.activeLegs).to.deep.equal([legs[0]])
    expect(exitUses()).to.deep.equal([providers[0]!.down.toString()])
    const before = legs[2]!.provenUp
    time.turn(100)
    expect(legs[2]!.provenUp).to.be.above(before)
    pair.client.endLeg(legs[0]!)
    time.turn(5)
    expect(pair.client.activeLegs).to.deep.equal([legs[1]])
    expect(exitUses()).to.deep.equal([providers[1]!.down.toString()])
  })

  it('that are retired carry nothing and are still counted', async () => {
    const { time, pair, legs, exitUses } = await opened()
    pair.client.retireLeg(legs[0]!)
    time.turn(50)
    expect(pair.client.activeLegs).to.deep.equal([legs[1]])
    expect(exitUses()).to.have.length(1)
    const before = legs[0]!.provenUp
    time.turn(100)
    expect(legs[0]!.provenUp).to.be.above(before)
  })

  it('die unanswered if the exit does not know them', async () => {
    const { time, pair } = await opened('spread', 0)
    pair.network.toExit = () => {}
    const { leg } = pair.addLeg(NEAR)
    time.turn(JOIN_MS + 100)
    expect(await leg.dead).to.equal('unanswered')
    expect(leg.sentBytes / IP_DATAGRAM_BYTES).to.be.within(5, 7)
  })

  it('do not keep a tunnel whose exit answers pings, and never completes the handshake', async () => {
    const { time, pair, legs } = await opened()
    const established = pair.client.established.catch((error: Error) => error)
    // Packets of QUIC are followed up in microtasks, of which none runs here.
    time.turn(HANDSHAKE_MS)
    expect(await pair.client.closed).to.deep.equal({ why: 'no-handshake' })
    expect(await established).to.have.property('code', 'no-handshake')
    expect(await legs[0]!.dead).to.equal('ended')
  })

  it('join although the first joins are lost', async () => {
    const { time, pair } = await opened('spread', 0)
    let lost = 0
    const { leg, provider } = pair.addLeg(NEAR)
    provider.tamper = (datagram, direction) => (direction === 'up' && lost++ < 3 ? [] : [datagram])
    time.turn(1000)
    expect(leg.isJoined).to.equal(true)
    expect(leg.provenUp, 'lost joins are not proven').to.be.at.most(leg.sentBytes - 2 * IP_DATAGRAM_BYTES)
  })

  it('are forgotten by the exit, and so is the tunnel once it is idle', async () => {
    const { time, pair, legs, exitLegs } = await opened()
    pair.client.endLeg(legs[0]!)
    time.turn(LEG_IDLE_MS + 100)
    expect(exitLegs()).to.have.length(1)
    pair.client.endLeg(legs[1]!)
    time.turn(LEG_IDLE_MS + 100)
    expect(pair.exit.tunnels).to.have.length(0)
  })

  it('are eight at most, with tags of their own', async () => {
    const { pair, legs } = await opened('spread', 8)
    expect(legs.filter(({ isJoined }) => isJoined)).to.have.length(8)
    expect(() => pair.addLeg()).to.throw('end one first')
    pair.client.endLeg(legs[0]!)
    const { up, down } = legs[1]!.grants
    expect(() => pair.client.addLeg({ up, down })).to.throw('open another session')
    expect(() => pair.client.addLeg({ up: { ...up, tag: Buffer.alloc(7) }, down: { tag: Buffer.alloc(8) } })).to.throw(
      '8 bytes',
    )
    expect(() => pair.client.addLeg({ up: { ...up, rateKbps: 0 }, down: { tag: Buffer.alloc(8) } })).to.throw(
      '1 kbit/s',
    )
  })

  it('believe no exit that reports more than was sent', async () => {
    const { time, legs, pair } = await opened('spread', 1)
    const [leg] = legs
    const exitLeg = pair.exit.tunnels[0]!.legs[0]!
    exitLeg.provenBytes = 10 * DATAGRAM_BYTES * 1000
    time.turn(100)
    expect(leg!.provenUp).to.equal(leg!.sentBytes)
  })
})
