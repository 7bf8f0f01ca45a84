/** A receiver names its own address. A sender sends nothing but a few challenges there before it has echoed. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { CHALLENGE_BYTES, IP_UDP_HEADER_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { ProbeFrame, type ProbeInvite, RelayFrame, RelayOpen } from '../../../proto/messages.js'
import { OPEN_BYTES } from '../../constants.js'
import { Condition } from '../../deadline.js'
import { soloSender } from '../../solo-session.js'
import { HOST, newPeer } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { shareKbps } from '../../verdict/share.js'
import { connect, streamPair } from '../../wire/local-streams.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { grantDigest, readyDigest } from '../../wire/statements.js'
import { serveProbe } from '../sender.js'

const CLAIM_KBPS = 10_000
/** Enough for some control datagrams beside them. */
const MANY_DATAGRAMS = 2_000

/** A host that counts what it gets, and answers challenges or not. */
class Host {
  readonly arrived: number[] = []
  private constructor(
    readonly socket: Socket,
    readonly changed: () => void,
  ) {}

  static async open(answers: boolean, tag: () => Uint8Array, changed: () => void): Promise<Host> {
    const socket = createSocket('udp4')
    const host = new Host(socket, changed)
    socket.on('message', (datagram, { port, address }) => {
      host.arrived.push(datagram.length + IP_UDP_HEADER_BYTES)
      const isOurs = isChallenge(datagram) && Buffer.compare(datagram.subarray(0, TAG_BYTES), tag()) === 0
      if (answers && isOurs) socket.send(echoOf(datagram), port, address)
      changed()
    })
    socket.bind(0, '127.0.0.31')
    await once(socket, 'listening')
    return host
  }

  get bytes(): number {
    return this.arrived.reduce((sum, bytes) => sum + bytes, 0)
  }
}

describe('the host that a receiver names', () => {
  const [provider, receiver, sender] = [newPeer(), newPeer(), newPeer()]
  const condition = new Condition()
  const controlTag = randomBytes(TAG_BYTES)
  let toProvider: PlainUdp
  let forwarded = 0
  let host: Host

  beforeEach(async () => {
    forwarded = 0
    toProvider = await PlainUdp.open(() => {
      forwarded++
      condition.changed()
    })
  })
  afterEach(async () => {
    await toProvider.close()
    host.socket.close()
  })

  /** An accomplice of the receiver: it grants every session and says at once that the path is valid. */
  const accomplice = () =>
    connect(streamPair(HOST), async stream => {
      const { sessionId, rateKbps, budgetBytes } = RelayOpen.decode((await stream.receive())!)
      const asked = { rateKbps, budgetBytes, opener: 'the sender' }
      const grant = { sessionId, tag: randomBytes(TAG_BYTES), udpPort: toProvider.port, ...asked }
      const signature = await provider.answerSigner.sign(grantDigest(grant))
      await stream.send(RelayFrame.encode({ grant: { ...grant, signature } }))
      const ready = { sessionId, signature: await provider.answerSigner.sign(readyDigest(sessionId)) }
      await stream.send(RelayFrame.encode({ ready }))
      await stream.receive()
    })

  /** A session up to the direct probe, for a receiver that names `host`. */
  async function attacked(answers: boolean): Promise<{ readonly inviteBytes: number }> {
    host = await Host.open(
      answers,
      () => controlTag,
      () => condition.changed(),
    )
    const { address, port } = host.socket.address()
    const invite: ProbeInvite = {
      ...{ sessionId: randomBytes(32), epoch: 1, provider: randomBytes(20), receiver: 9, slot: 0, host: address, port },
      ...{ nonce: randomBytes(32), controlTag },
      ...{ headerKey: randomBytes(16), padding: randomBytes(OPEN_BYTES) },
    }
    const deps = soloSender(
      { claimKbps: CLAIM_KBPS, senders: 3, receiver: receiver.verifier, provider: provider.answers },
      { udpHost: HOST, signer: sender.signer, openProvider: async () => accomplice() },
    )
    const [mine, theirs] = streamPair(HOST)
    const serving = serveProbe(theirs, deps)
    const send = (frame: ProbeFrame) => mine.send(ProbeFrame.encode(frame))
    await send({ invite })
    let ready = false
    while (!ready) ready = ProbeFrame.decode((await mine.receive())!).ready !== undefined
    await send({ start: {} })
    expect(await condition.until(() => forwarded >= MANY_DATAGRAMS, 10_000)).to.equal(true)
    if (answers)
      expect(await condition.until(() => host.arrived.length > 20, 5_000), 'control datagrams').to.equal(true)
    const before = host.arrived.length
    await send({ direct: { rateKbps: shareKbps(CLAIM_KBPS, 3), durationMs: 500 } })
    if (answers) expect(await condition.until(() => host.arrived.length > before + 50, 5_000)).to.equal(true)
    await send({ stop: { chunkRoot: randomBytes(32), signature: randomBytes(64) } })
    while (await mine.receive());
    await serving
    return { inviteBytes: ProbeFrame.encode({ invite }).length }
  }

  it('gets no more bytes than the receiver sent, if it does not echo: neither control datagrams nor a direct probe', async function () {
    this.retries(2)
    const { inviteBytes } = await attacked(false)
    expect(host.arrived.every(bytes => bytes === CHALLENGE_BYTES + IP_UDP_HEADER_BYTES)).to.equal(true)
    expect(host.bytes).to.be.within(1, inviteBytes)
  })

  it('gets both once it has echoed', async function () {
    this.retries(2)
    const { inviteBytes } = await attacked(true)
    expect(host.bytes).to.be.greaterThan(10 * inviteBytes)
  })
})
