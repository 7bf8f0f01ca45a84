/** Transactions that stay in the pools: raised, displaced or given up, so that no nonce is stuck and nothing is done twice. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import fc from 'fast-check'
import pino from 'pino'
import { ZERO_HASH } from '../../../proto/hex.js'
import { connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'
import { raised } from '../fees.js'
import { postTo, useLiveNetwork } from './live-network.js'
import { RpcProxy } from './rpc-proxy.js'

describe('transactions in flight', () => {
  const net = useLiveNetwork()
  const chains: EthersChain[] = []
  let stop: AbortController
  beforeEach(async () => {
    stop = new AbortController()
  })
  afterEach(async () => {
    stop.abort()
    for (const chain of chains.splice(0)) chain.close()
    await net.live.rpc('anvil_dropAllTransactions')
    await net.live.rpc('evm_setAutomine', [true])
    await setBaseFee(1n)
  })

  /** A node's connection. */
  async function node(name: string, rpcUrl = net.live.anvil.rpcUrl): Promise<EthersChain> {
    const patience = { log: pino({ level: 'silent' }), stopping: stop.signal }
    const privateKey = net.live.keys[name]!.evm
    const chain = await connectChain({ rpcUrl, network: net.live.setup.network, privateKey, patience })
    chains.push(chain)
    return chain
  }
  const announce = (chain: EthersChain, peer: string) => chain.announce('verifier', peer, ['/ip4/203.0.113.7/tcp/4001'])
  const nonceOf = (chain: EthersChain) => net.chain.context.provider.getTransactionCount(chain.account!)
  const peers = async () => (await net.chain.announcements()).map(({ peerId }) => peerId)
  const mine = () => net.live.rpc('anvil_mine', ['0x1'])
  /** The fees that were enough before are no longer, for a while. */
  const makeDear = async () => {
    await setBaseFee(500n)
    await mine()
  }
  const setBaseFee = (gwei: bigint) =>
    net.live.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${(gwei * 10n ** 9n).toString(16)}`])
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await pause(20, undefined, { signal: stop.signal })
  }
  /** Blocks that are too dear for what waits, until the node has raised a fee, and one that holds it if none does yet. */
  async function raise(chain: EthersChain): Promise<void> {
    await until(() => chain.pending.length > 0)
    const last = Math.max(...chain.pending.map(({ nonce }) => nonce))
    const isMined = async () => (await nonceOf(chain)) > last
    const sent = chain.pending.map(({ txHash }) => txHash)
    while (!(await isMined()) && chain.pending.every(({ txHash }) => sent.includes(txHash))) {
      await makeDear()
      await pause(50, undefined, { signal: stop.signal })
    }
    if (!(await isMined())) await mine()
  }

  it('one that stays in the pools is sent again under its nonce, for a higher fee', async () => {
    const chain = await node('v1')
    const nonce = await nonceOf(chain)
    await net.live.rpc('evm_setAutomine', [false])
    const sent = announce(chain, 'peer-1')
    await until(() => chain.pending.length > 0)
    const [first] = chain.pending
    expect(first).to.include({ what: 'announce', nonce, raises: 0 })
    await makeDear()
    await raise(chain)
    const result = await sent
    expect(result.kind).to.equal('done')
    expect(result).to.have.property('txHash').that.does.not.equal(first!.txHash)
    expect(await nonceOf(chain)).to.equal(nonce + 1)
    expect(chain.pending).to.deep.equal([])
  })

  describe('after a restart, what an earlier process left in the pools holds up nothing', () => {
    let proxy: RpcProxy
    let nonce: number
    beforeEach(async () => {
      proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
      await net.live.rpc('evm_setAutomine', [false])
      const earlier = await node('v1')
      nonce = await nonceOf(earlier)
      const forgotten = announce(earlier, 'peer-0').catch(() => undefined)
      await net.live.pending(1)
      earlier.close()
      await forgotten
    })
    afterEach(() => proxy.stop())

    it('on a chain node that counts it: a transfer of nothing takes its nonce', async () => {
      await makeDear()
      const chain = await node('v1', proxy.url)
      const counted = `0x${(nonce + 1).toString(16)}`
      proxy.fail = ({ method, params: [, tag], id }) =>
        method === 'eth_getTransactionCount' && String(tag) === 'pending'
          ? { body: JSON.stringify({ jsonrpc: '2.0', id, result: counted }) }
          : undefined
      const sent = announce(chain, 'peer-1')
      await until(() => chain.pending.length > 0)
      expect(chain.pending[0]!.nonce).to.equal(nonce + 1)
      await raise(chain)
      expect((await sent).kind).to.equal('done')
      expect(await peers()).to.deep.equal(['peer-1'])
      expect(await nonceOf(chain)).to.equal(nonce + 2)
    })

    it('on one that does not count it: the next transaction pays more, and takes its nonce', async () => {
      const chain = await node('v1', proxy.url)
      proxy.fail = ({ method, params: [, tag], id }) =>
        method === 'eth_getTransactionCount' && String(tag) === 'pending'
          ? { body: JSON.stringify({ jsonrpc: '2.0', id, result: `0x${nonce.toString(16)}` }) }
          : undefined
      const sent = announce(chain, 'peer-1')
      await until(() => chain.pending.length > 0)
      expect(chain.pending[0]!.nonce).to.equal(nonce)
      await mine()
      expect((await sent).kind).to.equal('done')
      expect(await peers()).to.deep.equal(['peer-1'])
    })
  })

  it('what another node did meanwhile is not paid for again: the nonce is freed for nothing', async () => {
    const facts = await net.live.runTo(1)
    const certified = net.live.certify(facts, ZERO_HASH)
    const [slow, quick] = [await node('v1'), await node('v2')]
    await net.live.rpc('evm_setAutomine', [false])
    const nonce = await nonceOf(slow)
    const late = postTo(slow, certified)
    await until(() => slow.pending.length > 0)
    await makeDear()
    const early = postTo(quick, certified)
    await until(() => quick.pending.length > 0)
    await mine()
    expect((await early).kind).to.equal('done')
    await raise(slow)
    expect((await late).kind).to.equal('already')
    expect(await nonceOf(slow)).to.equal(nonce + 1)
    const { gasUsed } = (await net.chain.context.provider.getBlock('latest'))!
    expect(gasUsed).to.equal(21_000n)
  })

  it('a nonce that another process of the account took is no wait for ever', async () => {
    const chain = await node('v1')
    await net.live.rpc('evm_setAutomine', [false])
    const sent = announce(chain, 'peer-1')
    await until(() => chain.pending.length > 0)
    const { nonce } = chain.pending[0]!
    const wallet = new Wallet(net.live.keys.v1!.evm, net.chain.context.provider)
    const fee = 900n * 10n ** 9n
    await wallet.sendTransaction({ to: wallet.address, nonce, maxFeePerGas: fee, maxPriorityFeePerGas: fee })
    await mine()
    expect(await sent).to.have.property('kind', 'rejected')
    expect(chain.pending).to.deep.equal([])
  })

  it('attack: a chain node takes a transaction and loses each answer: it is sent once, and found', async () => {
    const proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
    try {
      const chain = await node('v1', proxy.url)
      const nonce = await nonceOf(chain)
      let lost = 0
      proxy.fail = ({ method }) => (method === 'eth_sendRawTransaction' && lost++ < 2 ? 'lose the answer' : undefined)
      expect((await announce(chain, 'peer-1')).kind).to.equal('done')
      expect(await nonceOf(chain)).to.equal(nonce + 1)
      expect(lost).to.equal(3)
    } finally {
      await proxy.stop()
    }
  })

  it('attack: receipts are refused while it waits: the node waits on, and no fee rises without blocks', async () => {
    const proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
    try {
      const chain = await node('v1', proxy.url)
      let refused = 0
      proxy.fail = ({ method }) =>
        method === 'eth_getTransactionReceipt' && refused++ < 3 ? { status: 429 } : undefined
      const result = await announce(chain, 'peer-1')
      expect(result.kind).to.equal('done')
      expect(refused).to.be.greaterThan(3)
    } finally {
      await proxy.stop()
    }
  })

  it('an account that cannot pay for gas is a result in words, and no exception with the transaction in it', async () => {
    const chain = await node('v1')
    await net.live.rpc('anvil_setBalance', [chain.account, '0x0'])
    const result = await announce(chain, 'peer-1')
    expect(result).to.deep.equal({ kind: 'rejected', reason: `account ${chain.account} has too little to pay for gas` })
  })

  it('a raise is one that pools take, and never below the market', () => {
    const fee = fc.bigInt({ min: 0n, max: 10n ** 15n })
    const fees = fc.record({ maxFeePerGas: fee, maxPriorityFeePerGas: fee })
    fc.assert(
      fc.property(fees, fees, (old, market) => {
        const now = raised(old, market)
        for (const kind of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
          expect(now[kind] * 10n >= old[kind] * 11n && now[kind] >= market[kind]).to.equal(true)
        }
      }),
    )
  })
})
