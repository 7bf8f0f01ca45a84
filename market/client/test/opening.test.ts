/** How a tunnel opens, over real relays to real exits: whom a client gives up, and whom it pays in at before it knows. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { systemClock, systemRandom } from '../../../probe/index.js'
import type { Payments } from '../../../probe/ports.js'
import { Relay } from '../../../probe/relay/relay.js'
import type { NextHop } from '../../../probe/verdict/session-shape.js'
import { connect, streamPair } from '../../../probe/wire/local-streams.js'
import { type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { isNoToken, TOKEN_BYTES } from '../../../proto/token.js'
import { channelId } from '../../../proto/voucher.js'
import { AnswerVerifiers, answerSigner } from '../../../verifier/chain/answers.js'
import { voucherSigner } from '../../../verifier/chain/vouchers.js'
import { UserError } from '../../../verifier/config/errors.js'
import { silent } from '../../../verifier/net/test/network.js'
import { type Purpose, purposeOf } from '../../core/purpose.js'
import { openExit } from '../../exit/exit.js'
import { makeIdentity } from '../../exit/identity.js'
import { Reaching } from '../../exit/reaching.js'
import { TunnelSocket } from '../../tunnel-socket.js'
import type { OfferingExit, OfferingProvider } from '../market-view.js'
import { nobodySuits } from '../nobody-suits.js'
import { Purse } from '../purse.js'
import { Reach } from '../reach.js'
import { Tunnels } from '../tunnels.js'

const HOST = '127.0.0.1'
const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const CLAIM_KBPS = 25_000
const PRICE = 1024n
/** More than a client gives an exit, or waits while there is nobody. */
const LONG_MS = 30_000
const takesAll: Payments = { accept: async (_voucher, _signature, bytes) => ({ bytes, isPremium: false }) }
const newKey = (): Hex => toHex(randomBytes(32))

describe('the opening of a tunnel', () => {
  const ends: (() => unknown)[] = []
  let directory: string
  let purse: Purse
  let stopping: AbortController
  let relays: Map<Hex, Relay>
  let providers: OfferingProvider[]
  let exits: OfferingExit[]
  /** in their order */
  let deposits: { readonly payee: Hex; readonly purpose: Purpose }[]
  /** whose lanes were paid */
  let lanes: Hex[]
  /** by how much the client's clock has run ahead */
  let aheadMs: number
  let tunnels: Tunnels | undefined
  let socket: TunnelSocket

  const clock = { now: () => systemClock.now() + aheadMs }
  const end = (close: () => unknown) => ends.push(close)

  beforeEach(async () => {
    directory = await mkdtemp(joinPath(tmpdir(), 'bandwitness-opening-'))
    end(() => rm(directory, { recursive: true }))
    purse = await Purse.open(joinPath(directory, 'purse'), NETWORK)
    end(() => purse.close())
    stopping = new AbortController()
    ;[relays, providers, exits, deposits, lanes, aheadMs, tunnels] = [new Map(), [], [], [], [], 0, undefined]
    socket = await TunnelSocket.open({ host: HOST, port: 0, clock }, (...datagram) => tunnels?.onDatagram(...datagram))
    end(() => socket.close())
  })
  afterEach(async () => {
    stopping.abort()
    await tunnels?.close()
    for (const close of ends.splice(0).reverse()) await close()
  })

  async function addProvider(): Promise<Hex> {
    const key = newKey()
    const signer = answerSigner(NETWORK, key)
    const relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: CLAIM_KBPS, payments: takesAll, clock: systemClock, random: systemRandom },
      ...{ answerSigner: signer, voucherSigner: voucherSigner(NETWORK, key) },
      access: { classOf: token => (isNoToken(token) ? 'stranger' : 'reserved') },
    })
    end(() => relay.close())
    const account = signer.account as Hex
    relays.set(account, relay)
    providers.push({
      ...{ account, hosts: [`10.0.${providers.length}.1`], price: PRICE, scoreBps: 9000, tier: 2, region: ZERO_HASH },
      ...{ lanes: undefined, penalties: 0, claimKbps: CLAIM_KBPS, tokenKey: undefined },
      peer: { peerId: 'peer', multiaddrs: [] },
    })
    return account
  }

  /** @param change of its offer */
  async function addExit(price: bigint, change: Partial<OfferingExit> = {}): Promise<OfferingExit> {
    const key = newKey()
    const identity = await makeIdentity(await mkdtemp(joinPath(directory, 'exit-')), length => randomBytes(length))
    const exit = await openExit({
      ...{ host: HOST, port: 0, identity, payments: takesAll, clock: systemClock, random: systemRandom },
      ...{ reaching: new Reaching([]), voucherSigner: voucherSigner(NETWORK, key) },
    })
    end(() => exit.close())
    const account = new Wallet(key).address.toLowerCase() as Hex
    const offer = { ...identity.public, account, price, region: ZERO_HASH, address: `${HOST}:${exit.port}`, ...change }
    exits.push(offer)
    return offer
  }

  /** A port that takes datagrams and never answers. */
  async function silentPort(): Promise<number> {
    const one = createSocket('udp4').bind(0, HOST)
    await once(one, 'listening')
    end(() => one.close())
    return one.address().port
  }

  async function channelTo(payee: Hex, purpose: Purpose) {
    const known = purse.of(payee, purpose)
    if (known !== undefined) return known
    deposits.push({ payee, purpose })
    let key = newKey()
    while (purposeOf(new Wallet(key).address.toLowerCase() as Hex) !== purpose) key = newKey()
    const signer = new Wallet(key).address.toLowerCase() as Hex
    const channel = { number: deposits.length, payer: payee, payee, signer, price: PRICE }
    await purse.keep({ id: channelId(NETWORK, channel), channel, deposit: 1_000_000n, isPremium: false }, key)
    return purse.of(payee, purpose)!
  }

  /** @param legFaults after so many tries of a leg that came to nothing, the client has waited for long */
  function client(
    legs: number,
    { own = { host: HOST, port: socket.port }, legFaults = 1, withLanes = false } = {},
  ): Tunnels {
    let faults = 0
    const warn = (_facts: unknown, text: string) => {
      if (text === 'could not open a leg' && ++faults % legFaults === 0) aheadMs += LONG_MS
    }
    tunnels = new Tunnels({
      ...{ socket, purse, legs, mode: 'spread', own, clock, random: systemRandom },
      ...{
        reach: new Reach(own, clock),
        stopping: stopping.signal,
        log: { ...silent, warn } as never,
        answers: new AnswerVerifiers(NETWORK),
      },
      office: {
        ...{ canPay: () => true, channelTo, isOpen: (payee, purpose) => purse.of(payee, purpose) !== undefined },
        ...{ nothingLeft: nobodySuits('nothing is left'), replenish: async () => true, stateOf: () => 'well' },
      },
      lanes: withLanes
        ? { costs: () => true, at: async payee => void lanes.push(payee), attend: async () => {} }
        : undefined,
      tokens: { forLeg: async () => [randomBytes(TOKEN_BYTES), randomBytes(TOKEN_BYTES)] },
      dial: async ({ account }) => {
        const relay = relays.get(account)
        if (relay === undefined) throw new Error('nobody is there')
        return connect(streamPair(HOST), stream => relay.serve(stream, randomBytes(8).toString('hex')))
      },
      ...{ providers: () => providers, exits: () => exits, fail: () => {} },
      wishes: () => ({ maxPrice: PRICE, minScoreBps: 0, minTier: 0, regions: undefined, lane: undefined }),
    })
    return tunnels
  }

  it('attack: takes the next exit if the cheapest ones lead nowhere, each in another way', async () => {
    await addProvider()
    await addExit(1n, { address: 'foo' })
    await addExit(2n, { address: 'no.such.name.invalid:4600' })
    await addExit(3n, { address: `${HOST}:${await silentPort()}` })
    await addExit(4n, { certHash: ZERO_HASH })
    const good = await addExit(5n)
    await client(1).open()
    expect(tunnels!.current!.exit.account).to.equal(good.account)
    expect(deposits.filter(({ purpose }) => purpose === 'exit')).to.deep.equal([
      { payee: good.account, purpose: 'exit' },
    ])
  })

  it('says what is wrong with each exit if none can be used', async () => {
    await addProvider()
    const port = await silentPort()
    const named = await addExit(1n, { address: 'foo' })
    const dead = await addExit(2n, { address: `${HOST}:${port}` })
    const error = await refusal(client(1))
    expect(error.message).to.include(`${named.account} (its address foo is no host and port)`)
    expect(error.message).to.include(`${dead.account} (the provider could not reach ${HOST}:${port})`)
    expect(deposits).to.deep.equal([])
  })

  it('ends if no provider reaches its port, says so, and has paid in nowhere', async () => {
    for (let i = 0; i < 3; i++) await addProvider()
    await addExit(1n)
    const own: NextHop = { host: HOST, port: await silentPort() }
    const { message } = await refusal(client(2, { own }))
    expect(message).to.include(`no provider could reach ${HOST}:${own.port}. Forward this UDP port`)
    expect(deposits).to.deep.equal([])
  })

  it('pays in at nobody who does not answer, and at the exit before a second provider', async () => {
    const dead = await addProvider()
    relays.delete(dead)
    const living = [await addProvider(), await addProvider()]
    const { account } = await addExit(1n)
    await client(2, { legFaults: 100 }).open()
    while (tunnels!.current!.legs.open.length < 2) await new Promise(resolve => setImmediate(resolve))
    expect(deposits.map(({ purpose }) => purpose)).to.deep.equal(['relay', 'exit', 'relay'])
    expect(deposits[1]!.payee).to.equal(account)
    expect([deposits[0]!.payee, deposits[2]!.payee]).to.have.members(living)
  })

  it('pays for no lane at a provider that does not answer, although it has a channel', async () => {
    const dead = await addProvider()
    relays.delete(dead)
    await channelTo(dead, 'relay')
    await addExit(1n)
    const { message } = await refusal(client(1, { withLanes: true }))
    expect(message).to.include('nobody is there')
    expect(lanes).to.deep.equal([])
  })

  it('attack: an exit that answers nothing but challenges costs two deposits, however many providers there are', async () => {
    for (let i = 0; i < 4; i++) await addProvider()
    await addExit(1n, { publicKey: toHex(randomBytes(32)) })
    await refusal(client(1, { legFaults: 3 }))
    expect(deposits.map(({ purpose }) => purpose)).to.deep.equal(['relay', 'relay'])
  })

  it('ends at once when the client stops', async () => {
    await addProvider()
    await addExit(1n, { address: `${HOST}:${await silentPort()}` })
    const opening = client(1)
      .open()
      .catch((error: Error) => error)
    while (tunnels!.current === undefined) await new Promise(resolve => setImmediate(resolve))
    stopping.abort()
    expect(await opening).to.have.property('name', 'AbortError')
  })

  it('takes another exit when one has gone, and passes one that leads nowhere', async () => {
    await addProvider()
    const [first, last] = [await addExit(1n), await addExit(3n)]
    await client(1).open()
    expect(tunnels!.current!.exit.account).to.equal(first.account)
    await addExit(2n, { address: 'foo' })
    const keeping = tunnels!.keep()
    const gone = tunnels!.current!
    gone.tunnel.close('gone')
    while (tunnels!.current === gone || tunnels!.current!.paid === undefined)
      await new Promise(resolve => setImmediate(resolve))
    expect(tunnels!.current!.exit.account).to.equal(last.account)
    stopping.abort()
    await keeping.catch(() => {})
  })

  async function refusal(client: Tunnels): Promise<UserError> {
    const error = await client.open().catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(UserError).with.property('code', 'nobody-suits')
    return error as UserError
  }
})
