/** A chain node that refuses, stalls, lies about nothing, or lags: a node of the network waits, another URL answers. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { lying } from '../../../testnet/faults/lying-rpc.js'
import { RpcProxy as NodesProxy } from '../../../testnet/faults/rpc-proxy.js'
import { UserError } from '../../config/errors.js'
import type { BlockFacts } from '../../core/facts.js'
import { type ConnectOptions, connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'
import { hashOfHeader, type RawBlock } from '../header-hash.js'
import { type Certified, postTo, useLiveNetwork } from './live-network.js'
import { type Fault, RpcProxy, type RpcRequest } from './rpc-proxy.js'

const KEY = '0123456789abcdef0123456789abcdef'
const error = (code: number, message: string): Fault => ({
  body: JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }),
})
const answer = (id: number, result: unknown): Fault => ({ body: JSON.stringify({ jsonrpc: '2.0', id, result }) })

/** What services answer instead of an answer, each with a word of what the status says of it. */
const FAULTS: readonly (readonly [fault: Fault, said: RegExp])[] = [
  [{ status: 429 }, /429/],
  [{ status: 502 }, /502/],
  [{ status: 503 }, /503/],
  ['hang up', /UND_ERR_SOCKET|ECONNRESET/],
  [error(-32_005, 'daily request count exceeded, request rate limited'), /rate limited/],
  [error(-32_603, 'internal error'), /internal error/],
  [error(-32_000, 'header not found'), /header not found/],
  [{ body: '' }, /something else than JSON-RPC/],
  [{ body: '<html>busy</html>' }, /something else than JSON-RPC/],
  [{ body: '{}' }, /something else than JSON-RPC/],
  [{ body: 'null' }, /something else than JSON-RPC/],
]

describe('a chain node that does not answer', () => {
  const net = useLiveNetwork()
  const proxies: (RpcProxy | NodesProxy)[] = []
  const chains: EthersChain[] = []
  let stop: AbortController
  let told: string[]
  beforeEach(async () => {
    stop = new AbortController()
    told = []
    // The chain goes back to a snapshot after each test, and its time with it. A chain that lags is a fault here.
    await net.live.mineAt(Math.max(Math.floor(Date.now() / 1000), (await net.live.now()) + 1))
  })
  afterEach(async () => {
    stop.abort()
    for (const chain of chains.splice(0)) chain.close()
    for (const proxy of proxies.splice(0)) await proxy.stop()
  })

  async function proxy(): Promise<RpcProxy> {
    const started = await RpcProxy.start(net.live.anvil.rpcUrl)
    proxies.push(started)
    return started
  }

  /** As a node of the network does. */
  async function connect(urls: readonly string[], changes: Partial<ConnectOptions> = {}): Promise<EthersChain> {
    const log = {
      warn: (facts: { readonly cause: string }) => void told.push(facts.cause),
      info: (text: string) => void told.push(text),
    }
    const patience = { log: log as never, stopping: stop.signal }
    const chain = await connectChain({ rpcUrl: urls.join(), network: net.live.setup.network, patience, ...changes })
    chains.push(chain)
    return chain
  }

  /** Fails the first requests, then answers. */
  function failing(fault: Fault, times: number): RpcProxy['fail'] {
    let left = times
    return () => (left-- > 0 ? fault : undefined)
  }

  it('is asked again, whatever it does, and the cause is named without the key of its URL', async () => {
    const node = await proxy()
    node.fail = failing({ status: 503 }, 3) // at the start
    const chain = await connect([`${node.url}/v3/${KEY}`])
    expect(told[0]).to.match(/503/)
    for (const [fault, said] of FAULTS) {
      let sentence: string | undefined
      node.fail = ({ method }) => {
        if (method !== 'eth_call') return undefined
        sentence = chain.health.sentence
        return sentence === undefined ? fault : undefined
      }
      expect(await chain.isFinal(1)).to.equal(false)
      expect(sentence, JSON.stringify(fault))
        .to.match(said)
        .and.match(/127\.0\.0\.1/)
      expect(chain.health.sentence).to.equal(undefined)
      expect(`${told.join()}${sentence}`).not.to.include(KEY)
    }
  })

  it('is not taken for one without the contracts, before the first block or after it', async () => {
    const node = await proxy()
    let looks = 0
    node.fail = ({ method, id }) => (method === 'eth_blockNumber' && looks++ < 2 ? answer(id, '0x0') : undefined)
    const chain = await connect([node.url])
    expect(told.join()).to.include('is at block 0')
    // Later it answers a read with nothing, as a node does that lost its state.
    let lost = 0
    node.fail = ({ method, id }) => (method === 'eth_call' && lost++ < 2 ? answer(id, '0x') : undefined)
    expect(await chain.verifierIndex(net.live.setup.verifiers[0]!.account)).to.be.a('number')
    expect(lost).to.equal(3)
  })

  it('a command gives up, and names the cause and not the network file: rate limiting', async () => {
    const node = await proxy()
    node.refuse = () => 'daily request count exceeded, request rate limited'
    const failed = await connectChain({ rpcUrl: `${node.url}/v3/${KEY}`, network: net.live.setup.network }).then(
      () => undefined,
      (one: unknown) => one,
    )
    expect(failed).to.be.instanceOf(UserError)
    expect((failed as UserError).exitCode).to.equal(4)
    expect((failed as UserError).message)
      .to.include('rate limited')
      .and.not.match(/no \w+ at 0x/)
      .and.not.include(KEY)
  })

  it('another URL answers at once, and then first', async () => {
    const [down, wrong, good] = [await proxy(), await proxy(), await proxy()]
    const chain = await connect([down.url, wrong.url, good.url])
    down.fail = () => 'hang up'
    wrong.fail = () => ({ status: 502 })
    expect(await chain.isFinal(1)).to.equal(false)
    expect(chain.health.sentence).to.equal(undefined)
    const before = down.asked.length
    await chain.isFinal(1)
    expect(down.asked.length, 'the one that answered last is asked first').to.equal(before)
  })

  it('a URL of another chain is never read from, even if it was down at the start', async () => {
    const [good, other] = [await proxy(), await proxy()]
    other.fail = () => 'hang up'
    const chain = await connect([good.url, other.url])
    good.fail = () => ({ status: 503 })
    const refusedAgain = Promise.withResolvers<void>()
    other.fail = ({ method, id }) => {
      if (/is on chain 1/.test(chain.health.sentence ?? '')) refusedAgain.resolve()
      return method === 'eth_chainId' ? answer(id, '0x1') : undefined
    }
    const final = chain.isFinal(1)
    await refusedAgain.promise
    good.fail = () => undefined
    expect(await final).to.equal(false)
    expect(other.count('eth_call')).to.equal(0)
  })

  it('one that lags behind is left for another, and only then told of', async () => {
    const [late, good] = [await proxy(), await proxy()]
    const chain = await connect([late.url, good.url])
    const newest = (await net.live.rpc('eth_getBlockByNumber', ['latest', false])) as RawBlock
    const old = { ...newest, timestamp: '0x1', hash: hashOfHeader({ ...newest, timestamp: '0x1' }) }
    const lags = ({ method, params: [tag], id }: RpcRequest) =>
      method === 'eth_getBlockByNumber' && String(tag) === 'latest' ? answer(id, old) : undefined
    late.fail = lags
    const { timestamp } = (await chain.context.provider.getBlock('latest'))!
    expect(timestamp).to.be.greaterThan(1)
    good.fail = lags
    expect((await chain.context.provider.getBlock('latest'))!.timestamp).to.equal(1)
    expect(chain.health.sentence).to.match(/newest block of http.* is \d+ s old.*clock/)
    expect(chain.health.silence, 'the chain answers').to.equal(undefined)
  })

  it('is asked for the state of a block by its hash, so that it cannot answer from another branch', async () => {
    await net.live.runTo(3)
    const node = await proxy()
    const chain = await connect([node.url])
    const asked = await node.during(() => chain.factsAt(3))
    const tags = asked.flatMap(({ method, params }) => (method === 'eth_call' ? [params[1]] : []))
    const named = tags.filter(tag => `${tag}` !== 'latest') // a constant
    expect(named).not.to.have.length(0)
    for (const tag of named) expect(Object.keys(tag!)).to.deep.equal(['blockHash'])
  })

  it('that lost the state of an old block is named until the reader gives up, whatever else it answers', async () => {
    await net.live.runTo(3)
    const node = await proxy()
    const chain = await connect([node.url])
    const at = await chain.factsAt(1)
    node.fail = ({ method, params: [, tag] }) =>
      method === 'eth_call' && tag?.blockHash === at!.blockHash ? error(-32_000, 'missing trie node 3f2a') : undefined
    const giveUp = new AbortController()
    const read = chain.factsAt(1, giveUp.signal).catch(ended => ended.name)
    for (let told = 0; told < 20; ) {
      expect(await chain.isFinal(1)).to.equal(false)
      told = /missing trie node/.test(chain.health.sentence ?? '') ? told + 1 : 0
    }
    giveUp.abort()
    expect(await read).to.equal('AbortError')
    expect(await chain.isFinal(1)).to.equal(false)
    expect(chain.health.sentence, 'nobody waits').to.equal(undefined)
  })

  it('ends its waits when the node stops, in the middle of a request and between two', async () => {
    const node = await proxy()
    const chain = await connect([node.url])
    const stalled = Promise.withResolvers<void>()
    node.fail = ({ method }) => {
      stalled.resolve()
      return method === 'eth_call' ? 'stall' : { status: 429 }
    }
    const waits = [chain.isFinal(1), chain.headBlock()]
    await stalled.promise
    stop.abort()
    for (const wait of waits) {
      const ended = await wait.then(
        () => undefined,
        (one: Error) => one,
      )
      expect(ended).to.have.property('name', 'AbortError')
    }
  })

  describe('that lies', () => {
    let facts: BlockFacts
    let posted: Certified
    beforeEach(async () => {
      facts = await net.live.runTo(1)
      posted = net.live.certify(facts, ZERO_HASH)
      expect((await postTo(net.chain, posted)).kind).to.equal('done')
    })
    const lies = () => lying(net.live.setup.network.contracts.epochReports)
    const liar = async () => {
      const nodes = await NodesProxy.start(net.live.anvil.rpcUrl)
      proxies.push(nodes)
      return nodes
    }

    it('about the randomness of a block is not believed: another URL answers, or the node waits and says why', async () => {
      const nodes = await liar()
      const both = await connect([nodes.urlOf('a'), nodes.urlOf('b')])
      const alone = await connect([nodes.urlOf('a')])
      const lift = nodes.misbehave('a', lies())
      expect(await both.factsAt(1)).to.deep.equal(facts)
      expect(both.health.sentence).to.equal(undefined)
      const waits = alone.factsAt(1)
      while (alone.health.sentence === undefined) await nextTurn()
      expect(alone.health.sentence).to.match(/lies about block \d+/)
      lift()
      expect(await waits).to.deep.equal(facts)
    })

    it('about events: what it hid is found later, or by another URL, and it is named until then', async () => {
      const nodes = await liar()
      const [both, alone] = [await connect([nodes.urlOf('a'), nodes.urlOf('b')]), await connect([nodes.urlOf('a')])]
      const hides = lies()
      const lift = nodes.misbehave('a', (request, ask) =>
        /Block/.test(request.method) ? undefined : hides(request, ask),
      )
      expect((await both.posted(1))?.headerHash).to.equal(posted.headerHash)
      const waits = alone.posted(1)
      while (alone.health.sentence === undefined) await nextTurn()
      expect(alone.health.sentence).to.match(/hides events.*report of epoch 1/)
      await net.live.rpc('evm_mine') // its log has gone past the event by now
      lift()
      expect((await waits)?.headerHash).to.equal(posted.headerHash)
      expect(await alone.context.log.postedIn(posted.headerHash), 'the log is whole again').to.be.a('string')
    })

    it('with answers that nobody can read costs no node: it asks again, or another URL', async () => {
      const nodes = await liar()
      const [both, alone] = [await connect([nodes.urlOf('a'), nodes.urlOf('b')]), await connect([nodes.urlOf('a')])]
      const results: Readonly<Record<string, unknown>> = { eth_call: '0x12', eth_getBlockByNumber: { number: 'seven' } }
      for (const [method, result] of Object.entries(results)) {
        const lift = nodes.misbehave('a', asked => (asked.method === method ? { result } : undefined))
        expect((await both.tip()).epoch, method).to.equal(1)
        const waits = alone.tip()
        while (alone.health.sentence === undefined) await nextTurn()
        expect(alone.health.sentence).to.match(/nobody can read/)
        lift()
        expect((await waits).epoch).to.equal(1)
      }
    })

    it('about the events that facts follow from: the node waits, asks seldom, and says why', async () => {
      const nodes = await liar()
      const chain = await connect([nodes.urlOf('a')])
      await net.live.runTo(3)
      const hides = lies()
      let asked = 0
      const lift = nodes.misbehave('a', (request, ask) => {
        asked++
        return /Block/.test(request.method) ? undefined : hides(request, ask)
      })
      const waits = chain.factsAt(3)
      while (chain.health.sentence === undefined) await nextTurn()
      const first = asked
      await pause(300)
      expect(asked - first, 'in 300 ms').to.be.below(3 * first)
      expect(chain.health.sentence).to.match(/report of epoch 1, and no event/)
      lift()
      expect((await waits)?.paidReport.headerHash).to.equal(posted.headerHash)
    })
  })

  it('what the chain says is no fault: a revert is an answer, whatever it is called', async () => {
    const chain = await net.live.connectAs('v1')
    try {
      const result = await chain.freeze(77)
      expect(result.kind).to.equal('rejected')
    } finally {
      chain.close()
    }
  })
})
