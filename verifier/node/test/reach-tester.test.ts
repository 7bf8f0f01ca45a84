/** A verifier tests a provider's ports, over libp2p and UDP on loopback. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import pino from 'pino'
import {
  type ForwardingSpec,
  type ProviderStream,
  Receiver,
  Relay,
  systemClock,
  systemRandom,
} from '../../../probe/index.js'
import { forwardings } from '../../../probe/test/fixtures/forwardings.js'
import { PlainUdp } from '../../../probe/test/plain-udp.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { REACH_STEP, type ReachResponse, RelayOpen } from '../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { accountOf } from '../../chain/account.js'
import { AnswerVerifiers, answerSigner } from '../../chain/answers.js'
import { voucherSigner } from '../../chain/vouchers.js'
import type { Announcement } from '../../core/ports.js'
import { createPeer, listenAddresses, type Peer } from '../../net/libp2p.js'
import { askReach, serveReach } from '../../net/reach.js'
import { handleStreams } from '../../net/streams.js'
import { OwnUdp } from '../own-address.js'
import { ReachTester } from '../reach-tester.js'

const HOST = '127.0.0.1'
const SECRET = toHex(randomBytes(32))
const ACCOUNT = accountOf(SECRET)
const NETWORK = { chainId: 31_337, contract: `0x${'22'.repeat(20)}` as Hex }
const silent = pino({ level: 'silent' })

describe('a test of whether a provider can be reached', function () {
  this.retries(2)
  const closing: (() => unknown)[] = []
  let verifier: Peer
  let provider: Peer
  const announced = new Map<Hex, Announcement>()

  async function open(options: { forwarding?: ForwardingSpec; announced?: { host: string; port: number } } = {}) {
    const receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    closing.push(() => receiver.close())
    const stopping = new AbortController()
    closing.push(() => stopping.abort())
    verifier = await newPeer(randomBytes(32))
    const directory = {
      of: (role: Announcement['role'], account: Hex) => [announced.get(account)].find(one => one?.role === role),
    }
    const answers = new AnswerVerifiers(NETWORK)
    const ports = { answers, clock: systemClock, random: systemRandom, log: silent, stopping: stopping.signal }
    const tester = new ReachTester({ receiver, udp: new OwnUdp(HOST, undefined), directory, ...ports })
    await serveReach(verifier, (request, asker) => tester.answer(request, asker), silent)

    const seed = randomBytes(32)
    const relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: 10_000, ...options, clock: systemClock, random: systemRandom },
      answerSigner: answerSigner(NETWORK, SECRET),
      voucherSigner: voucherSigner(NETWORK, SECRET),
    })
    closing.push(() => relay.close())
    provider = await newPeer(seed)
    const serve = (stream: ProviderStream, peerId: string) => relay.serve(stream, peerId)
    await handleStreams(provider, SESSION_PROTOCOL, RelayOpen.maxBytes, serve, () => {})
  }

  async function newPeer(seed: Uint8Array): Promise<Peer> {
    const peer = await createPeer({ seed: toHex(seed), listen: [`/ip4/${HOST}/tcp/0`], log: silent })
    closing.push(() => peer.stop())
    return peer
  }

  afterEach(async () => {
    announced.clear()
    for (const close of closing.splice(0).reverse()) await close()
  })

  const ask = (multiaddrs = listenAddresses(provider)): Promise<ReachResponse | undefined> =>
    askReach(
      provider,
      { peerId: verifier.peerId.toString(), multiaddrs: listenAddresses(verifier) },
      { provider: fromHex(ACCOUNT), claimKbps: 10_000, multiaddrs },
      AbortSignal.timeout(20_000),
    )
  const resultsOf = (response: ReachResponse | undefined) =>
    response?.report?.tests.map(({ step, passed }) => [step, passed])
  const { tcp, udpOut, udpIn, fullSize } = REACH_STEP

  it('passes at every step if the provider is reached', async () => {
    await open()
    const response = await ask()
    expect(resultsOf(response), JSON.stringify(response)).to.deep.equal([
      [tcp, true],
      [udpOut, true],
      [udpIn, true],
      [fullSize, true],
    ])
    expect(response?.report?.host).to.equal(HOST)
  })

  it('is done once a minute for each host', async () => {
    await open()
    expect(await ask()).to.have.property('report')
    expect((await ask())?.refused).to.match(/less than a minute/)
  })

  it('tells that nothing comes in at the announced port', async () => {
    const closed = await PlainUdp.open(() => {})
    closing.push(() => closed.close())
    await open({ announced: { host: HOST, port: closed.port } })
    const response = await ask()
    expect(resultsOf(response), JSON.stringify(response)).to.deep.equal([
      [tcp, true],
      [udpOut, true],
      [udpIn, false],
    ])
  })

  it('tells that full datagrams are lost', async () => {
    await open({ forwarding: forwardings.narrowPath })
    expect(resultsOf(await ask())?.at(-1)).to.deep.equal([fullSize, false])
  })

  it('tells that no session is granted', async () => {
    await open({ forwarding: forwardings.refuses })
    const tests = (await ask())?.report?.tests
    expect(tests?.at(-1)).to.deep.include({ step: udpOut, passed: false })
    expect(tests?.at(-1)?.detail).to.match(/refused/)
  })

  it('dials nobody but the asker’s own host, unless the chain names the address', async () => {
    await open()
    const { port } = new URL(listenAddresses(provider)[0]!.replace(/^.*\/tcp\/(\d+).*$/, 'http://x:$1'))
    const elsewhere = [
      `/ip4/127.0.0.9/tcp/${port}`,
      '/ip4/192.0.2.1/tcp/1',
      'nonsense',
      `/dns/${'x'.repeat(300)}/tcp/1`,
    ]
    const response = await ask(elsewhere)
    expect(resultsOf(response)).to.deep.equal([[tcp, false]])
    expect(response?.report?.tests[0]?.detail).to.match(/no address of 127\.0\.0\.1/)
  })

  it('does not believe who borrows the announcement of another', async () => {
    await open()
    const other = { role: 'provider' as const, index: 0, account: ACCOUNT, peerId: verifier.peerId.toString() }
    announced.set(ACCOUNT, { ...other, multiaddrs: ['/ip4/127.0.0.9/tcp/9'] })
    expect(resultsOf(await ask(['/ip4/127.0.0.9/tcp/9']))).to.deep.equal([[tcp, false]])
  })
})
