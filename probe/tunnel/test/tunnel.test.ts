/** A client and an exit over a network in memory. quiche keeps its own time, so these tests run in real time. */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { expect } from 'chai'
import { DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { MODES, type Mode } from '../bodies.js'
import { PACKET_BYTES } from '../constants.js'
import type { StreamError } from '../errors.js'
import type { QuicStream } from '../quic-stream.js'
import { connecting } from '../quiche.js'
import { Pair, type PairOptions } from './fixtures/pair.js'
import { type Conditions, IDEAL, type SimProvider } from './fixtures/sim-network.js'

const BIG = randomBytes(10_000_000)
const BIG_HASH = createHash('sha256').update(BIG).digest('hex')
/** A path of some hundred kilometres. */
const FAR: Conditions = { delayMs: 5, jitterMs: 2, loss: 0.005 }

async function hashOf(stream: AsyncIterable<Buffer>, onBytes = (_: number) => {}): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    bytes += chunk.length
    onBytes(bytes)
  }
  return hash.digest('hex')
}

const mirror: PairOptions['onStream'] = stream => stream.pipe(stream)

/** Sends 10 MB there and back over two legs, while `fault` happens to the first provider in the middle. */
async function carriesAll(mode: Mode, conditions: Conditions, fault?: (provider: SimProvider, pair: Pair) => void) {
  const seed = randomInt(2 ** 31)
  const pair = await Pair.open({ seed, mode, onStream: mirror })
  try {
    const [first] = [pair.addLeg(conditions), pair.addLeg(conditions)]
    await pair.client.established
    const stream = pair.openStream()
    stream.end(BIG)
    let isFaulty = fault === undefined
    const hash = await hashOf(stream, bytes => {
      if (isFaulty || bytes < BIG.length / 3) return
      isFaulty = true
      fault!(first.provider, pair)
    })
    expect(hash, `seed ${seed}`).to.equal(BIG_HASH)
    if (fault) expect(await first.leg.dead).to.be.oneOf(['silent', 'closed'])
    return pair
  } finally {
    pair.close()
  }
}

describe('a tunnel', () => {
  for (const mode of MODES) {
    it(`carries 10 MB there and back in mode ${mode}`, () => carriesAll(mode, IDEAL))

    it(`carries all of it in mode ${mode} although datagrams are lost and overtake each other`, () =>
      carriesAll(mode, FAR))

    it(`carries all of it in mode ${mode} although a provider falls silent in the middle`, () =>
      carriesAll(mode, FAR, provider => {
        provider.isStopped = true
      }))

    it(`carries all of it in mode ${mode} although a provider ends its sessions in the middle`, () =>
      carriesAll(mode, FAR, (provider, pair) => {
        provider.isStopped = true
        pair.client.endLeg(pair.client.legs[0]!)
      }))
  }

  it('goes on over a leg that is added after all others have died', async () => {
    const pair = await Pair.open({ onStream: mirror })
    const { leg } = pair.addLeg()
    await pair.client.established
    const stream = pair.openStream()
    stream.write('one')
    expect(String((await once(stream, 'data'))[0])).to.equal('one')
    pair.client.endLeg(leg)
    stream.write('two')
    const next = pair.addLeg()
    await next.leg.joined
    expect(String((await once(stream, 'data'))[0])).to.equal('two')
    expect(next.leg.provenUp).to.be.above(0)
    pair.close()
  })

  it('takes Initials that are shorter than 1200 bytes', async () => {
    const connect = await connecting()
    expect(connect().send(Buffer.alloc(PACKET_BYTES))![0])
      .to.equal(PACKET_BYTES)
      .and.below(1200)
    const pair = await Pair.open()
    const lengths: number[] = []
    const { provider } = pair.addLeg()
    provider.tamper = datagram => {
      lengths.push(datagram.length)
      return [datagram]
    }
    await pair.client.established
    expect(Math.max(...lengths)).to.equal(DATAGRAM_BYTES)
    pair.close()
  })

  it('refuses an exit with another certificate before it opens a stream', async () => {
    const pair = await Pair.open({ certHash: randomBytes(32) })
    pair.addLeg()
    const stream = pair.openStream()
    stream.end('secret')
    const [error] = await once(stream, 'error')
    expect(error).to.have.property('code', 'closed')
    expect(await pair.client.closed).to.deep.equal({ why: 'wrong-certificate' })
    expect(await pair.client.established.catch(({ code }) => code)).to.equal('wrong-certificate')
    const end = await pair.tunnel?.closed
    if (end) expect(end).to.include({ why: 'peer-closed', appCode: 1 })
    expect(pair.streams).to.have.length(0)
    expect(() => pair.client.openStream()).to.throw('open another one')
    expect(() => pair.addLeg()).to.throw('open another one')
    pair.close()
  })

  it('tells the other end when it closes, and why', async () => {
    const pair = await Pair.open()
    pair.addLeg()
    await pair.client.established
    const stream = pair.openStream()
    stream.write('x')
    while (pair.streams.length === 0) await new Promise(setImmediate)
    const failed = once(stream, 'error')
    pair.client.close('enough')
    expect(await pair.tunnel!.closed).to.deep.equal({ why: 'peer-closed', appCode: 0, reason: 'enough' })
    expect(pair.exit.tunnels).to.have.length(0)
    expect((await failed)[0]).to.have.property('code', 'closed')
    pair.close()
  })
})

describe('an exit that has started anew', () => {
  it('tells a client that it knows no tunnel, as soon as a leg has joined', async () => {
    const pair = await Pair.open()
    const { leg } = pair.addLeg()
    await pair.client.established
    const before = pair.exit
    await pair.startExit()
    pair.client.endLeg(leg)
    pair.addLeg()
    expect(await pair.client.closed).to.deep.equal({ why: 'idle' })
    before.close()
    pair.close()
  })
})

describe('a stream', () => {
  async function opened(onStream: (stream: QuicStream) => void, limits = {}) {
    const pair = await Pair.open({ onStream, limits })
    pair.addLeg({ ...IDEAL, delayMs: 1 })
    await pair.client.established
    return pair
  }

  it('ends each direction by itself', async () => {
    const pair = await opened(stream => {
      const hash = createHash('sha256')
      stream.on('data', bytes => hash.update(bytes))
      stream.on('end', () => stream.end(`heard ${hash.digest('hex')}`))
    })
    const stream = pair.openStream()
    stream.end('question')
    const [answer] = await once(stream, 'data')
    expect(String(answer)).to.equal(`heard ${createHash('sha256').update('question').digest('hex')}`)
    await once(stream, 'close')
    pair.close()
  })

  it('with nothing in it ends, too', async () => {
    const pair = await opened(stream => stream.resume().end())
    const stream = pair.openStream().resume()
    stream.end()
    await once(stream, 'close')
    pair.close()
  })

  it('hears of a reset, with its code', async () => {
    const { StreamError } = await import('../errors.js')
    const pair = await opened(stream => stream.destroy(new StreamError('reset', 77)))
    const stream = pair.openStream().resume()
    stream.write('x')
    const [error] = (await once(stream, 'error')) as [StreamError]
    expect(error).to.be.instanceOf(StreamError)
    expect(error.appCode).to.equal(77)
    pair.close()
  })

  it('resets the other end when it is destroyed', async () => {
    const closed = Promise.withResolvers<Error | undefined>()
    const pair = await opened(stream => {
      stream.on('error', error => closed.resolve(error)).on('data', () => client.destroy())
    })
    const client = pair.openStream()
    client.write('x')
    expect(await closed.promise).to.include({ code: 'reset', appCode: 0 })
    pair.close()
  })

  it('holds the sender while the other end reads slowly, and loses nothing', async () => {
    const pair = await opened(() => {})
    const stream = pair.openStream()
    let written = 0
    const chunk = Buffer.alloc(64 << 10, 5)
    const fill = () => {
      while (written < 64 << 20 && stream.write(chunk)) written += chunk.length
    }
    stream.on('drain', fill)
    fill()
    const grown = () => written
    // Until nothing more is taken for a while: 30 looks without growth.
    for (let before = -1, still = 0; still < 30; before = grown()) {
      still = grown() === before ? still + 1 : 0
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    expect(written).to.be.within(256 << 10, 4 << 20)
    stream.off('drain', fill).end()
    let read = 0
    for await (const bytes of pair.streams[0]!) read += (bytes as Buffer).length
    // The write that was refused was taken, too.
    expect(read).to.be.within(written, written + chunk.length * 64)
    pair.close()
  })

  it('waits for its turn if there are as many as the exit allows', async () => {
    const held: QuicStream[] = []
    const pair = await opened(stream => held.push(stream.resume()), { streams: 2 })
    const [one, two, three] = [pair.openStream(), pair.openStream(), pair.openStream()]
    for (const stream of [one, two, three]) stream.resume().end('x')
    while (held.length < 2) await new Promise(setImmediate)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(held).to.have.length(2)
    held[0]!.end()
    await once(one!, 'close')
    while (held.length < 3) await new Promise(setImmediate)
    for (const stream of held) stream.end()
    await Promise.all([two, three].map(stream => once(stream!, 'close')))
    pair.close()
  })
})
