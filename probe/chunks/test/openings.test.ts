import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { CHUNK_DATAGRAMS, HEADER_BYTES } from '../../../proto/datagram.js'
import { fromHex, ZERO_HASH } from '../../../proto/hex.js'
import { ProbeFrame, type ProbeOpenings } from '../../../proto/messages.js'
import { DATA_MS, OPEN_BYTES } from '../../constants.js'
import { serveProbe } from '../../sender/sender.js'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { HOST, Network, newPeer, PATIENCE_MS } from '../../test/harness.js'
import { shareKbps } from '../../verdict/share.js'
import { chunkKeystream, datagramAt, layHeader, TIME_OFFSET } from '../../wire/keystream.js'
import { streamPair } from '../../wire/local-streams.js'
import { keyCommitment, openingsDigest, stopDigest } from '../../wire/statements.js'
import type { Chunk } from '../chunk.js'
import { ChunkCollector } from '../collect.js'
import { checkOpenings, type OpeningsVerdict, Publication, type PublishedClaim } from '../openings.js'
import { recordOf } from '../records.js'
import { chunksOf } from '../table.js'

const receiver = newPeer()
const sessionId = randomBytes(32)
const SLOT = 1

/** @param lost sequence numbers that do not arrive */
function received(key: Uint8Array, datagrams: number, lost: readonly number[] = []): Chunk[] {
  const collector = new ChunkCollector(datagrams, randomBytes(32))
  for (let sequence = 0; sequence < datagrams; sequence++) {
    if (lost.includes(sequence)) continue
    const keystream = chunkKeystream(key, Math.floor(sequence / CHUNK_DATAGRAMS))
    const datagram = datagramAt(keystream, sequence % CHUNK_DATAGRAMS)
    layHeader(datagram, randomBytes(8), SLOT, sequence, sequence * 100)
    collector.accept(sequence, datagram.readUInt32BE(TIME_OFFSET), datagram.subarray(HEADER_BYTES), sequence)
  }
  return chunksOf(collector.finish().rows)
}

/** A chunk that a receiver made up without the data: only the hash and the times are hard to guess. */
const madeUp = (index: number): Chunk => ({
  index,
  bitmap: 2 ** CHUNK_DATAGRAMS - 1,
  count: CHUNK_DATAGRAMS,
  hash: randomBytes(32),
  maskedTimes: new Uint32Array(CHUNK_DATAGRAMS).map(() => randomBytes(4).readUInt32BE()),
  arrivals: new Float64Array(CHUNK_DATAGRAMS),
})

const claimOf = (key: Uint8Array, root: string): PublishedClaim => ({
  ...{ sessionId, epoch: 3, receiver: 7, slot: SLOT, key },
  ...{ chunkRoot: fromHex(root), rootSignature: new Uint8Array(64) },
})

/** Openings signed by a receiver that lies. */
async function signed(claim: PublishedClaim, openings: Omit<ProbeOpenings, 'signature'>): Promise<ProbeOpenings> {
  const commitment = keyCommitment(claim.sessionId, claim.slot, claim.key)
  const digest = openingsDigest(claim.sessionId, claim.slot, commitment, claim.chunkRoot, openings)
  return { ...openings, signature: await receiver.signer.sign(digest) }
}

/** Opens the published chunks, and claims that all of them are what was sent. */
async function swearing(publication: Publication, claim: PublishedClaim): Promise<ProbeOpenings> {
  const given = await publication.open(claim.sessionId, claim.slot, claim.key, receiver.signer)
  return signed(claim, { ...given, openings: given.openings.map(one => ({ ...one, mismatched: false })) })
}

const reasonOf = (verdict: OpeningsVerdict): string => ('reason' in verdict ? verdict.reason : verdict.kind)

describe('openings', () => {
  it('hold for data that arrived, whatever was lost on the way', async () => {
    const lost = fc.uniqueArray(fc.nat(699), { maxLength: 650 })
    await fc.assert(
      fc.asyncProperty(lost, fc.uint8Array({ minLength: 16, maxLength: 16 }), async (missing, key) => {
        const chunks = received(key, 700, missing)
        const publication = new Publication([[], chunks, []])
        const claim = claimOf(key, publication.root)
        const given = await publication.open(sessionId, SLOT, key, receiver.signer)
        const carried = ProbeFrame.decode(ProbeFrame.encode({ openings: given })).openings!
        expect(carried.openings).to.have.length(Math.min(4, chunks.length))
        expect((await checkOpenings(claim, carried, receiver.verifier)).kind).to.equal('held')
      }),
      { numRuns: 15 },
    )
  })

  it('fail if and only if a picked chunk was made up', async () => {
    let caught = 0
    const property = fc.asyncProperty(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uniqueArray(fc.nat(11), { minLength: 6, maxLength: 6 }),
      async (key, places) => {
        const chunks = received(key, 12 * CHUNK_DATAGRAMS).map(chunk =>
          places.includes(chunk.index) ? madeUp(chunk.index) : chunk,
        )
        const publication = new Publication([[], chunks])
        const claim = claimOf(key, publication.root)
        const given = await swearing(publication, claim)
        const hit = given.openings.some(({ chunk }) => places.includes(chunk.index))
        const verdict = await checkOpenings(claim, given, receiver.verifier)
        expect(verdict.kind).to.equal(hit ? 'failed' : 'held')
        if (hit) caught++
      },
    )
    // Half made up: 1 − (6·5·4·3)/(12·11·10·9) = 97 in 100 are caught; fewer than 40 of 60 never happens (10⁻²⁰).
    await fc.assert(property, { numRuns: 60 })
    expect(caught).to.be.at.least(40)
  })

  describe('of a receiver that lost the data and learns the key afterwards', () => {
    const key = randomBytes(16)
    const real = received(key, 12 * CHUNK_DATAGRAMS)
    const publication = new Publication([[], real.map(({ index }) => madeUp(index))])
    const claim = claimOf(key, publication.root)
    const verdictOn = async (openings: Omit<ProbeOpenings, 'signature'>) =>
      checkOpenings(claim, await signed(claim, openings), receiver.verifier)
    const open = () => publication.open(sessionId, SLOT, key, receiver.signer)

    it('fail when the receiver stands by what it published', async () => {
      const verdict = await checkOpenings(claim, await swearing(publication, claim), receiver.verifier)
      expect(verdict.kind).to.equal('failed')
      expect(reasonOf(verdict)).to.match(/is not what was sent/)
    })

    it('fail when the receiver opens the right data under the wrong root', async () => {
      const truth = await new Publication([[], real]).open(sessionId, SLOT, key, receiver.signer)
      expect(reasonOf(await verdictOn(truth))).to.match(/not of the root/)
      const own = await open()
      const corrected = own.openings.map(one => ({
        ...one,
        mismatched: false,
        chunk: recordOf(real[one.chunk.index]!),
      }))
      expect(reasonOf(await verdictOn({ ...own, openings: corrected }))).to.match(/not the one that was published/)
    })

    it('fail when the receiver opens other chunks than those picked, fewer, or none', async () => {
      const own = await open()
      expect(reasonOf(await verdictOn({ ...own, openings: own.openings.toReversed() }))).to.match(/not opened/)
      expect(reasonOf(await verdictOn({ ...own, openings: own.openings.slice(1) }))).to.match(/3 of 4/)
      const nothing = { ...own, held: new Uint8Array(), openings: [] }
      expect(reasonOf(await verdictOn(nothing))).to.match(/not of this sender’s chunks/)
    })

    it('are mismatched, not failed, if the receiver declares the chunks so: a provider may have changed the data', async () => {
      expect((await checkOpenings(claim, await open(), receiver.verifier)).kind).to.equal('mismatched')
    })

    it('prove nothing without the receiver’s signature, or for another key', async () => {
      const given = await swearing(publication, claim)
      const forged = { ...given, held: randomBytes(48) }
      expect((await checkOpenings(claim, forged, receiver.verifier)).kind).to.equal('missing')
      const framed = { ...claim, key: randomBytes(16) }
      expect((await checkOpenings(framed, given, receiver.verifier)).kind).to.equal('missing')
    })
  })

  it('hold if nothing arrived', async () => {
    const key = randomBytes(16)
    const publication = new Publication([[], [], []])
    expect(publication.root).to.equal(ZERO_HASH)
    const given = await publication.open(sessionId, SLOT, key, receiver.signer)
    expect((await checkOpenings(claimOf(key, ZERO_HASH), given, receiver.verifier)).kind).to.equal('held')
  })
})

describe('openings over real UDP', () => {
  const CLAIM_KBPS = 10_000
  let network: Network
  beforeEach(async () => {
    network = await Network.open({ claimKbps: CLAIM_KBPS })
  })
  afterEach(() => network.close())

  it('an honest receiver shows every sender its data', async () => {
    const { outcome } = await network.measureUndisturbed([], () => {
      network.opened.length = 0
      return network.measure()
    })
    expect(outcome.kind).to.equal('verified')
    await network.condition.until(() => network.opened.length === 3, PATIENCE_MS)
    expect(network.opened.map(({ kind }) => kind)).to.deep.equal(['held', 'held', 'held'])
  })

  it('nobody blames an honest receiver for data that a provider changed', async () => {
    await network.relay.close()
    await network.receiver.close()
    network = await Network.open({ claimKbps: CLAIM_KBPS, forwarding: forwardings.flipsPayload })
    expect((await network.measure()).outcome.kind).to.equal('garbage')
    await network.condition.until(() => network.opened.length === 3, PATIENCE_MS)
    expect(network.opened.map(({ kind }) => kind)).to.deep.equal(['mismatched', 'mismatched', 'mismatched'])
  })

  /** Follows the protocol, throws the data away, and publishes a root for made-up chunks. */
  async function lazyReceiver(
    open: (publication: Publication, claim: PublishedClaim) => Promise<ProbeFrame | undefined>,
  ) {
    const id = randomBytes(32)
    const headerKey = randomBytes(16)
    const rateKbps = shareKbps(CLAIM_KBPS, 3)
    const [mine, theirs] = streamPair(HOST)
    const serving = serveProbe(theirs, network.senderDeps(SLOT))
    const next = async () => ProbeFrame.decode((await mine.receive())!)
    const send = (frame: ProbeFrame) => mine.send(ProbeFrame.encode(frame))
    await send({
      invite: {
        ...{ sessionId: id, epoch: 1, provider: randomBytes(20), receiver: 9, slot: SLOT, host: HOST },
        ...{ port: network.receiver.port, rateKbps, budgetBytes: (rateKbps * DATA_MS) / 8, durationMs: DATA_MS },
        nonce: randomBytes(32),
        controlTag: randomBytes(8),
        headerKey,
        padding: randomBytes(OPEN_BYTES),
      },
    })
    expect(await next()).to.have.property('accept')
    const { tag } = (await next()).relay!.grant!
    const thrownAway = network.receiver.collect(3, { main: 100_000, control: 0, direct: 0, turn: 0 })
    thrownAway.expect(SLOT, tag, headerKey, 'provider')
    expect(await next()).to.have.property('ready')
    await send({ start: {} })
    while (network.receiver.stats.taken < 3 * CHUNK_DATAGRAMS) await new Promise(resolve => setImmediate(resolve))
    thrownAway.close()
    const publication = new Publication([[], [madeUp(0), madeUp(1), madeUp(2)], []])
    const chunkRoot = fromHex(publication.root)
    const { signer } = network.receiverPeer
    await send({ stop: { chunkRoot, signature: await signer.sign(stopDigest(id, chunkRoot)) } })
    const { key } = (await next()).reveal!
    const frame = await open(publication, { ...claimOf(key, publication.root), sessionId: id })
    if (frame) await send(frame)
    await mine.close()
    await serving
    expect(network.opened).to.have.length(1)
    return network.opened[0]!
  }

  const swear = async (publication: Publication, claim: PublishedClaim): Promise<ProbeFrame> => {
    const { signer } = network.receiverPeer
    const given = await publication.open(claim.sessionId, SLOT, claim.key, signer)
    const openings = { ...given, openings: given.openings.map(one => ({ ...one, mismatched: false })) }
    const commitment = keyCommitment(claim.sessionId, SLOT, claim.key)
    const signature = await signer.sign(openingsDigest(claim.sessionId, SLOT, commitment, claim.chunkRoot, openings))
    return { openings: { ...openings, signature } }
  }

  it('senders catch a receiver that publishes a root for data it threw away, with evidence that anybody can check', async () => {
    const verdict = await lazyReceiver(swear)
    expect(verdict).to.include({ kind: 'failed', epoch: 1, receiver: 9, slot: SLOT })
    if (verdict.kind !== 'failed') return
    const again = await checkOpenings(verdict, verdict.openings, network.receiverPeer.verifier)
    expect(again).to.include({ kind: 'failed', reason: verdict.reason })
    const root = stopDigest(verdict.sessionId, verdict.chunkRoot)
    expect(await network.receiverPeer.verifier(root, verdict.rootSignature)).to.equal(true)
  })

  it('senders notice a receiver that opens nothing, or sends another message', async () => {
    const silent = await lazyReceiver(async () => undefined)
    expect(silent).to.include({ kind: 'missing' })
    network.opened.length = 0
    expect(await lazyReceiver(async () => ({ start: {} }))).to.include({ kind: 'missing' })
  })
})
