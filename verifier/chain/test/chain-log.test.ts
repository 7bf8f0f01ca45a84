/** How the chain's log is read: once, incrementally, in ranges that a node accepts, on the chain that stands. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import type { ChainEvent, LogStore } from '../../core/chain-log.js'
import { Store } from '../../store/store.js'
import { NO_LOG_STORE } from '../chain-log.js'
import { connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'
import { postTo, useLiveNetwork } from './live-network.js'
import { RpcProxy } from './rpc-proxy.js'

describe('the chain’s log', () => {
  const net = useLiveNetwork()
  let proxy: RpcProxy
  let dir: string
  let store: Store
  let reader: EthersChain

  beforeEach(async () => {
    proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-log-'))
    store = await Store.open(dir, { mode: 'create' })
    reader = await connect(store.chainLog)
  })
  afterEach(async () => {
    reader.close()
    await store.close()
    await proxy.stop()
    await rm(dir, { recursive: true })
  })

  const connect = (logStore: LogStore) => connectChain({ rpcUrl: proxy.url, network: net.live.setup.network, logStore })
  const announce = (peer: string) => net.chain.announce('verifier', peer, ['/ip4/203.0.113.7/tcp/4001'])
  const peers = async (chain = reader) => (await chain.announcements()).map(({ peerId }) => peerId)
  /** As the chain stands now, read by somebody who knows nothing. */
  async function afresh(): Promise<string[]> {
    const other = await connect(NO_LOG_STORE)
    try {
      return await peers(other)
    } finally {
      other.close()
    }
  }
  const logsAsked = async (work: () => Promise<unknown>) =>
    (await proxy.during(work)).filter(({ method }) => method === 'eth_getLogs').map(({ params }) => params[0]!)

  it('a second look reads no event again: one request while there is no new block, and then only that block', async () => {
    await announce('peer-1')
    expect(await peers()).to.deep.equal(['peer-1'])
    const idle = await proxy.during(() => peers())
    expect(idle.map(({ method }) => method)).to.deep.equal(['eth_getBlockByNumber'])
    await announce('peer-2')
    const asked = await logsAsked(async () => expect(await peers()).to.deep.equal(['peer-2']))
    const { hash } = (await net.chain.context.provider.getBlock('latest'))!
    expect(asked.map(({ blockHash, fromBlock }) => ({ blockHash, fromBlock }))).to.deep.equal([
      { blockHash: hash, fromBlock: undefined },
    ])
  })

  it('facts read no announcements, however many there are', async () => {
    await announce('peer-1')
    await net.live.runTo(1)
    expect(await logsAsked(async () => expect((await reader.factsAt(1))?.epoch).to.equal(1))).to.deep.equal([])
  })

  it('looks that come at once read each block once', async () => {
    await announce('peer-1')
    await peers()
    await announce('peer-2')
    const asked = await logsAsked(() => Promise.all([peers(), peers(), reader.settlements(ZERO_HASH), peers()]))
    expect(asked).to.have.length(1)
  })

  it('a chain node that refuses long ranges is asked for shorter ones', async () => {
    await net.live.rpc('anvil_mine', ['0xc8'])
    for (const peer of ['peer-1', 'peer-2', 'peer-3']) {
      await announce(peer)
      await net.live.rpc('anvil_mine', ['0x32'])
    }
    proxy.refuse = ({ method, params: [range] }) =>
      method === 'eth_getLogs' && range?.toBlock !== undefined && Number(range.toBlock) - Number(range.fromBlock) > 50
        ? 'query returned more than 10000 results'
        : undefined
    const asked = await logsAsked(async () => expect(await peers()).to.deep.equal(['peer-3']))
    expect(asked.length).to.be.within(7, 30)
  })

  it('a block with more logs than the chain node lists is read from its receipts', async () => {
    await net.live.rpc('evm_setAutomine', [false])
    const sent = [announce('peer-1'), announce('peer-2'), announce('peer-3')]
    await net.live.pending(3)
    await net.live.rpc('evm_mine')
    await net.live.rpc('evm_setAutomine', [true])
    await Promise.all(sent)
    proxy.refuse = ({ method }) => (method === 'eth_getLogs' ? 'query returned more than 10000 results' : undefined)
    expect(await peers()).to.deep.equal(['peer-3'])
    expect(proxy.count('eth_getBlockReceipts')).to.be.greaterThan(0)
  })

  it('a chain node that stops answering half-way costs no event', async () => {
    await announce('peer-1')
    await peers()
    for (const peer of ['peer-2', 'peer-3']) await announce(peer)
    proxy.refuse = ({ method }) => (/getLogs|Receipts/.test(method) ? 'busy' : undefined)
    await peers().then(
      () => expect.fail('it read what the node refused'),
      error => expect(String(error)).to.include('busy'),
    )
    proxy.refuse = () => undefined
    expect(await peers()).to.deep.equal(['peer-3'])
  })

  it('a reorganisation takes back what it removed, and only that', async () => {
    await announce('peer-1')
    await net.live.rpc('anvil_mine', ['0x5'])
    expect(await peers()).to.deep.equal(['peer-1'])
    const before = await net.live.snapshot()
    for (const peer of ['peer-2', 'peer-3']) {
      await announce(peer)
      expect(await peers()).to.deep.equal([peer])
    }
    await net.live.revert(before)
    expect(await peers(), 'a shorter chain').to.deep.equal(['peer-1'])
    await announce('peer-4')
    await net.live.rpc('anvil_mine', ['0xa'])
    expect(await peers(), 'a longer chain').to.deep.equal(['peer-4'])
    expect(await peers()).to.deep.equal(await afresh())
  })

  it('a reorganisation that replaces blocks by others of the same numbers is noticed', async () => {
    await announce('peer-1')
    await net.live.rpc('anvil_mine', ['0x5'])
    await announce('peer-2')
    await net.live.rpc('anvil_mine', ['0x2'])
    expect(await peers()).to.deep.equal(['peer-2'])
    const { number } = (await net.chain.context.provider.getBlock('latest'))!
    await net.live.rpc('anvil_reorg', [4, []])
    expect((await net.chain.context.provider.getBlock('latest'))!.number).to.equal(number)
    const asked = await logsAsked(async () => expect(await peers(), 'its block is empty now').to.deep.equal(['peer-1']))
    expect(asked.length, 'only the replaced blocks').to.be.within(1, 2)
  })

  it('a reorganisation deeper than what is remembered has the whole log read again', async () => {
    const before = await net.live.snapshot()
    await announce('peer-1')
    await net.live.rpc('anvil_mine', ['0xc8'])
    expect(await peers()).to.deep.equal(['peer-1'])
    await net.live.revert(before)
    await net.live.rpc('anvil_mine', ['0xc9'])
    expect(await peers()).to.deep.equal([])
    expect((await store.chainLog.readLog()).events).to.deep.equal([])
  })

  it('goes on from the store after a restart, also if the chain was reorganised meanwhile', async () => {
    const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH)
    await announce('peer-1')
    await postTo(net.chain, certified)
    await peers()
    const before = await net.live.snapshot()
    await announce('peer-2')
    await peers()
    const restart = async () => {
      reader.close()
      await store.close()
      store = await Store.open(dir, { mode: 'existing' })
      reader = await connect(store.chainLog)
    }
    await restart()
    const asked = await logsAsked(async () => expect(await peers()).to.deep.equal(['peer-2']))
    expect(asked, 'nothing is new').to.deep.equal([])
    expect((await reader.posted(1))?.headerHash).to.equal(certified.headerHash)
    await net.live.revert(before)
    await announce('peer-3')
    await restart()
    expect(await peers()).to.deep.equal(['peer-3'])
    expect(await peers()).to.deep.equal(await afresh())
  })

  it('the database of another network is not believed', async () => {
    await announce('peer-1')
    await peers()
    const { progress, events } = await store.chainLog.readLog()
    expect(events).to.have.length(1)
    const network = { ...progress!.network, contract: net.live.setup.network.contracts.stakeToken }
    await store.chainLog.changeLog({ put: [], drop: [] }, { ...progress!, network })
    reader.close()
    reader = await connect(store.chainLog)
    const asked = await logsAsked(async () => expect(await peers()).to.deep.equal(['peer-1']))
    expect(asked.length).to.be.greaterThan(0)
    expect((await store.chainLog.readLog()).progress?.network).to.deep.equal(net.chain.network)
  })

  it('a log of an older version, whose reports name no epoch, is read again, once', async () => {
    const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH)
    await postTo(net.chain, certified)
    expect((await reader.events()).postedIn(1)?.headerHash).to.equal(certified.headerHash)
    const { progress, events } = await store.chainLog.readLog()
    const old = events.map(event => ({ ...event, epoch: undefined }) as unknown as ChainEvent)
    await store.chainLog.changeLog({ put: old, drop: [] }, progress!)
    for (const isOld of [true, false]) {
      reader.close()
      reader = await connect(store.chainLog)
      const asked = await logsAsked(async () =>
        expect((await reader.events()).lastPosted?.headerHash).to.equal(certified.headerHash),
      )
      expect(asked.length > 0).to.equal(isOld)
    }
  })

  it('a change that the store refuses is made later: memory never runs ahead of it', async () => {
    let isFull = false
    const refusing: LogStore = {
      readLog: () => store.chainLog.readLog(),
      changeLog: async (...change) => {
        if (isFull) throw new Error('the disk is full')
        return store.chainLog.changeLog(...change)
      },
    }
    reader.close()
    reader = await connect(refusing)
    await announce('peer-1')
    await peers()
    isFull = true
    await announce('peer-2')
    await peers().then(
      () => expect.fail('it went on'),
      error => expect(String(error)).to.include('the disk is full'),
    )
    isFull = false
    expect(await peers()).to.deep.equal(['peer-2'])
    const kept = (await store.chainLog.readLog()).events
    expect(kept.map(event => event.kind === 'announced' && event.announcement.peerId)).to.deep.equal([
      'peer-1',
      'peer-2',
    ])
  })
})
