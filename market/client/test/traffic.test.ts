/** Traffic through real relays and a real exit, over real UDP on loopback, paid for from channels. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { SigningKey, Wallet } from 'ethers'
import { systemClock, systemRandom } from '../../../probe/index.js'
import { paidWindowBytes } from '../../../probe/plane/allowance.js'
import type { ForwardingSpec } from '../../../probe/plane/forwarding.js'
import type { Payments } from '../../../probe/ports.js'
import { everybodyReserved, Relay } from '../../../probe/relay/relay.js'
import { ClientTunnel, type Mode } from '../../../probe/tunnel/index.js'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import { connect, streamPair } from '../../../probe/wire/local-streams.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { type Channel, channelId, type Voucher } from '../../../proto/voucher.js'
import { getRequest, socksConnect, socksGet } from '../../../testnet/market/socks-get.js'
import { MARKET_CHEATS } from '../../../testnet/profiles/profiles.js'
import { AnswerVerifiers, answerSigner } from '../../../verifier/chain/answers.js'
import { voucherSigner, voucherSignerOf } from '../../../verifier/chain/vouchers.js'
import { newlyPaidBytes, payableBytes } from '../../core/channel.js'
import { purposeOf } from '../../core/purpose.js'
import { type Exit, openExit } from '../../exit/exit.js'
import { makeIdentity } from '../../exit/identity.js'
import { Reaching } from '../../exit/reaching.js'
import { TunnelSocket } from '../../tunnel-socket.js'
import { connectThrough, join } from '../connection.js'
import { ExitAccount } from '../exit-account.js'
import { openLegSessions } from '../leg-sessions.js'
import { PaidLeg } from '../paid-leg.js'
import { type ProxyServer, serveHttp, serveSocks } from '../proxies.js'
import { Purse } from '../purse.js'

const HOST = '127.0.0.1'
const NETWORK = { chainId: 31_337, contract: `0x${'ee'.repeat(20)}` as Hex }
const CLAIM_KBPS = 100_000
const PRICE = 1024n
const PAGE_BYTES = 20_000_000
const PAGE = randomBytes(PAGE_BYTES)
const PART_BYTES = 1_000_000
const PAGE_SHA256 = createHash('sha256').update(PAGE).digest('hex')

/** Takes the vouchers of one channel, as the escrow would. */
class Till implements Payments {
  total = 0
  isDiskFull = false
  #carried = 0

  constructor(
    readonly id: Hex,
    readonly channel: Channel,
    readonly deposit: bigint,
  ) {}

  async accept(voucher: Voucher, signature: Uint8Array, sessionBytes: number) {
    if (this.isDiskFull) throw new Error('no space left')
    if (voucher.channel !== this.id) return undefined
    if (voucherSignerOf(NETWORK, voucher, signature) !== this.channel.signer) return undefined
    this.total = Math.max(this.total, voucher.total)
    const bytes = Math.min(sessionBytes, newlyPaidBytes(this.total, this.#carried, payableBytes(this)))
    this.#carried += bytes
    return bytes > 0 ? { bytes, isPremium: false } : undefined
  }
}

function keyFor(purpose: 'relay' | 'exit'): Hex {
  for (;;) {
    const wallet = Wallet.createRandom()
    if (purposeOf(wallet.address.toLowerCase() as Hex) === purpose) return wallet.privateKey as Hex
  }
}

describe('traffic of a client', function () {
  this.timeout(300_000)
  const ends: (() => unknown)[] = []
  let directory: string
  let purse: Purse
  let web: Server
  let exit: Exit
  let tunnel: ClientTunnel
  let account: ExitAccount
  let socks: ProxyServer
  let tills: Till[]
  /** by relay, the newest last */
  let legs: PaidLeg[][]
  const dead = new WeakSet<Relay>()
  let relays: Relay[]
  let url: URL

  const end = (close: () => unknown) => ends.push(close)

  beforeEach(async () => {
    directory = await mkdtemp(joinPath(tmpdir(), 'bandwitness-traffic-'))
    end(() => rm(directory, { recursive: true }))
    purse = await Purse.open(joinPath(directory, 'purse'), NETWORK)
    end(() => purse.close())
    web = createServer((request, response) => {
      request.resume().once('end', () => response.end(request.url === '/part' ? PAGE.subarray(0, PART_BYTES) : PAGE))
    })
    await new Promise<void>(resolve => web.listen(0, HOST, resolve))
    end(() => web.closeAllConnections())
    end(() => web.close())
    const { port } = web.address() as { port: number }
    url = new URL(`http://${HOST}:${port}/`)
    ;[tills, legs, relays] = [[], [], []]
  })
  afterEach(async () => {
    for (const close of ends.splice(0).reverse()) await close()
  })

  async function newChannel(purpose: 'relay' | 'exit', payee: Hex, deposit = 1_000_000n): Promise<Till> {
    const key = keyFor(purpose)
    const signer = new Wallet(key).address.toLowerCase() as Hex
    const channel = { number: tills.length + 1, payer: payee, payee, signer, price: PRICE }
    const id = channelId(NETWORK, channel)
    await purse.keep({ id, channel, deposit, isPremium: false }, key)
    const till = new Till(id, channel, deposit)
    tills.push(till)
    return till
  }

  interface Providers {
    readonly claimKbps?: number
    /** of each channel */
    readonly deposit?: bigint
    /** of the last one */
    readonly cheat?: ForwardingSpec
  }

  async function start(mode: Mode, legCount: number, { deposit, cheat, claimKbps = CLAIM_KBPS }: Providers = {}) {
    const exitKey = new SigningKey(toHex(randomBytes(32)))
    const identity = await makeIdentity(directory, length => randomBytes(length))
    const exitTill = await newChannel('exit', `0x${'e0'.repeat(20)}`)
    exit = await openExit({
      ...{ host: HOST, port: 0, identity, payments: exitTill, clock: systemClock, random: systemRandom },
      reaching: new Reaching([{ network: '127.0.0.0', prefix: 8, port: Number(url.port) }]),
      voucherSigner: voucherSigner(NETWORK, exitKey.privateKey as Hex),
    })
    end(() => exit.close())
    const socket = await TunnelSocket.open({ host: HOST, port: 0, clock: systemClock }, (datagram, source, nowMs) =>
      tunnel.onDatagram(datagram, source, nowMs),
    )
    end(() => socket.close())
    tunnel = await ClientTunnel.open({
      ...{ port: socket, mode, clock: systemClock, random: systemRandom },
      exit: { publicKey: fromHex(identity.public.publicKey), certHash: fromHex(identity.public.certHash) },
    })
    end(() => tunnel.close())
    for (let i = 0; i < legCount; i++)
      await addLeg(socket.port, claimKbps, deposit, i === legCount - 1 ? cheat : undefined)
    await tunnel.established
    account = new ExitAccount({
      ...{ tunnel, purse, id: exitTill.id, random: systemRandom, onPaid: () => {}, onEmpty: () => {} },
      next: async () => exitTill.id,
    })
    const through = (destination: { host: string; port: number }) => connectThrough(tunnel, destination)
    const carry = (one: Parameters<typeof join>[0], other: Parameters<typeof join>[1]) =>
      join(one, other, bytes => account.carried(bytes))
    socks = await serveSocks({ host: HOST, port: 0 }, through, carry)
    end(() => socks.close())
    const http = await serveHttp({ host: HOST, port: 0 }, through, carry)
    end(() => http.close())
    return { http, exitTill }
  }

  async function addLeg(ownPort: number, claimKbps: number, deposit?: bigint, forwarding?: ForwardingSpec) {
    const key = toHex(randomBytes(32))
    const signer = answerSigner(NETWORK, key)
    const till = await newChannel('relay', signer.account as Hex, deposit)
    const relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps, access: everybodyReserved, payments: till },
      ...{ answerSigner: signer, voucherSigner: voucherSigner(NETWORK, key), forwarding },
      ...{ clock: systemClock, random: systemRandom },
    })
    relays.push(relay)
    end(() => relay.close())
    const own: PaidLeg[] = []
    legs.push(own)
    const first = Promise.withResolvers<void>()
    void keepLeg(relay, signer.account as Hex, { ownPort, claimKbps, id: till.id }, own, first.resolve)
    await first.promise
  }

  interface Keeping {
    readonly ownPort: number
    readonly claimKbps: number
    readonly id: Hex
  }

  /** As a client does, while the relay lives: on a busy machine, a leg may be silent for too long. */
  async function keepLeg(
    relay: Relay,
    provider: Hex,
    { ownPort, claimKbps, id }: Keeping,
    own: PaidLeg[],
    onJoined: () => void,
  ) {
    let isOver = false
    end(() => {
      isOver = true
      own.at(-1)?.end('ended')
    })
    while (!isOver && !dead.has(relay)) {
      try {
        const sessions = await openLegSessions({
          provider: new AnswerVerifiers(NETWORK).of(provider),
          claimKbps,
          dial: async () => connect(streamPair(HOST), stream => relay.serve(stream, `user ${own.length}`)),
          exit: { host: HOST, port: exit.port },
          own: { host: HOST, port: ownPort },
          random: systemRandom,
        })
        const leg = new PaidLeg({ tunnel, sessions, purse, id })
        own.push(leg)
        void leg.leg.joined.then(onJoined)
        if ((await leg.ended) === 'empty') return
      } catch {
        await pause(100)
      }
    }
  }

  it('arrives whole, and every party is paid for what it carried', async () => {
    const { exitTill } = await start('spread', 2)
    for (let i = 0; i < 2; i++)
      expect(await socksGet(socks.port, url)).to.deep.equal({ bytes: PAGE_BYTES, sha256: PAGE_SHA256 })
    for (const [i, relay] of relays.entries()) {
      const { forwardedBytes, paidBytes, voidPayments } = relay.stats
      expect(voidPayments).to.equal(0)
      expect(paidBytes, 'no more than was carried').to.be.at.most(forwardedBytes * 1.05)
      const own = legs[i]!
      expect(forwardedBytes - paidBytes, 'and all but the window').to.be.at.most(own.length * legWindow())
      expect(tills[i + 1]!.total).to.equal(own.reduce((sum, leg) => sum + leg.paidBytes, 0))
    }
    while (exit.stats.carriedBytes - exitTill.total > 2 << 20) await pause(10) // a payment waits for the disk
    expect(exitTill.total).to.be.at.most(exit.stats.carriedBytes)
  })

  it('goes on when a provider dies in the middle', async () => {
    await start('spread', 2)
    let isKilled = false
    const loaded = await socksGet(socks.port, url, bytes => {
      if (bytes < PAGE_BYTES / 3 || isKilled) return
      isKilled = true
      dead.add(relays[0]!)
      void relays[0]!.close()
    })
    expect(loaded).to.deep.equal({ bytes: PAGE_BYTES, sha256: PAGE_SHA256 })
    expect(await legs[0]!.at(-1)!.ended).to.be.oneOf(['closed', 'silent'])
    expect(relays[0]!.stats.voidPayments).to.equal(0)
  })

  it('leaves a provider that holds it down once it pays, although its pings pass', async () => {
    const options = { claimKbps: CLAIM_KBPS / 10, seed: '', sharedDir: joinPath(directory, 'tollgate') }
    await start('spread', 2, { cheat: MARKET_CHEATS.tollgate.forwarding!(options) })
    let why: string[] = []
    while (!why.includes('lossy')) {
      expect(await socksGet(socks.port, url)).to.deep.equal({ bytes: PAGE_BYTES, sha256: PAGE_SHA256 })
      // All but the last have ended.
      why = await Promise.all(legs[1]!.slice(0, -1).map(leg => leg.ended))
    }
    expect(tills[2]!.total, 'and pays for little').to.be.below(tills[1]!.total / 2)
  })

  it('stops when nothing is left to pay with, and owes no more than the window', async () => {
    // A wei a MiB: five MiB of each provider.
    await start('spread', 1, { deposit: 5n })
    void socksGet(socks.port, url).catch(() => {})
    let why: string | undefined
    while (why !== 'empty') {
      why = await legs[0]!.at(-1)!.ended
      await pause(10)
    }
    const { forwardedBytes, paidBytes } = relays[0]!.stats
    expect(paidBytes).to.be.at.most(5 << 20)
    expect(forwardedBytes - paidBytes).to.be.at.most(legs[0]!.length * legWindow())
  })

  const part = () => socksGet(socks.port, new URL('/part', url))

  it('arrives over twenty connections at once: receipts come before what they bill', async () => {
    await start('spread', 1, { claimKbps: CLAIM_KBPS / 4 })
    const parts = await Promise.all(Array.from({ length: 20 }, part))
    expect(parts.every(({ bytes }) => bytes === PART_BYTES)).to.equal(true)
  })

  it('arrives while other applications read nothing of what they asked for', async () => {
    await start('spread', 1, { claimKbps: CLAIM_KBPS / 4 })
    for (let i = 0; i < 4; i++) {
      const { socket } = await socksConnect(socks.port, url)
      end(() => socket.destroy())
      socket.write(getRequest(url))
      expect((await part()).bytes, `beside ${i + 1}`).to.equal(PART_BYTES)
    }
  })

  it('goes on after many downloads that were cancelled, and what came is paid', async () => {
    const { exitTill } = await start('spread', 1, { claimKbps: CLAIM_KBPS / 4 })
    for (let i = 0; i < 12; i++) {
      const { socket, take } = await socksConnect(socks.port, url)
      socket.write(getRequest(url))
      await take(PART_BYTES / 4)
      socket.resetAndDestroy()
    }
    expect((await part()).bytes).to.equal(PART_BYTES)
    // Each would have left a MiB unpaid. Payments wait for the disk.
    while (exit.stats.carriedBytes - exitTill.total > 4 << 20) await pause(10)
  })

  it('carries uploads at once as the first thing, whose payment needs room beside them', async () => {
    await start('spread', 1, { claimKbps: CLAIM_KBPS })
    const upload = async () => {
      const { socket, take } = await socksConnect(socks.port, url)
      const head = `POST /part HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\nContent-Length: ${4 * PART_BYTES}\r\n\r\n`
      socket.write(head)
      socket.write(PAGE.subarray(0, 4 * PART_BYTES))
      const answer = (await take(15)).toString()
      socket.destroy()
      return answer
    }
    expect(await Promise.all([upload(), upload(), upload()])).to.deep.equal(Array(3).fill('HTTP/1.1 200 OK'))
  })

  it('leaves an exit that cannot keep payments, and so would carry nothing more', async () => {
    const { exitTill } = await start('spread', 1)
    exitTill.isDiskFull = true
    const loading = socksGet(socks.port, url).catch((cause: Error) => cause)
    expect((await tunnel.closed).why).to.be.oneOf(['peer-closed', 'idle'])
    expect(await loading, 'a part of a page is not the whole').to.be.an('error')
  })

  it('reaches no private address, port 25, or name without an address', async () => {
    await start('spread', 1)
    for (const [target, reply] of [
      [`http://${HOST}:1/`, 2],
      ['http://192.0.9.1:25/', 2],
      ['http://10.0.0.1:8080/', 2],
      ['http://169.254.169.254:8080/', 2],
      ['http://no.such.name.invalid:8080/', 4],
    ] as const) {
      const error = await socksGet(socks.port, new URL(target)).catch((cause: Error) => cause)
      expect(error, target).to.be.an('error').with.property('message', `SOCKS reply ${reply}`)
    }
  })

  /** Two sessions, each a second at its rate ahead. */
  const legWindow = () => 2 * paidWindowBytes(shapeOf(CLAIM_KBPS).rateKbps)
})
