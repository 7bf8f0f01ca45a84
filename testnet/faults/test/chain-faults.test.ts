/** What becomes of a real chain: blocks replaced, a process that stands still, one that is killed and comes back. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { type Anvil, startAnvil } from '../../network/anvil.js'
import { ReorgFault, RestartedChainFault, StoppedChainFault } from '../chain-faults.js'

interface Block {
  readonly hash: string
  readonly timestamp: string
}

describe('faults of the chain', () => {
  let anvil: Anvil
  beforeEach(async () => {
    anvil = await startAnvil({ blockTime: 1 })
    for (let mined = 0; mined < 8; mined++) await ask('evm_mine')
  })
  afterEach(() => anvil.stop())

  const ask = <T>(method: string, ...params: unknown[]): Promise<T> => askWithin(20_000, method, ...params)
  async function askWithin<T>(limitMs: number, method: string, ...params: unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(limitMs)
    const answer = await fetch(anvil.rpcUrl, { method: 'POST', headers, body, signal })
    return ((await answer.json()) as { result: T }).result
  }
  const blocks = (to: number) =>
    Promise.all(
      Array.from({ length: to + 1 }, (_, i) => ask<Block>('eth_getBlockByNumber', `0x${i.toString(16)}`, false)),
    )
  const head = async () => Number(await ask('eth_blockNumber'))
  async function comesAfter(block: number): Promise<void> {
    while ((await head()) <= block) await pause(10)
  }
  const send = () => {
    const [from, to] = anvil.accounts.map(({ address }) => address)
    return ask<string>('eth_sendTransaction', { from, to, value: '0x1' })
  }

  it('a reorganisation replaces blocks and transactions, leaves times and height, and blocks go on', async () => {
    await ask('evm_setIntervalMining', 0) // no block comes between the looks; the fault lets them go on
    const hash = await send()
    await ask('evm_mine')
    const last = await head()
    const before = await blocks(last)
    const fault = new ReorgFault(anvil, 5)
    await fault.begin()
    await fault.end()
    const after = await blocks(last)
    expect(after.map(({ timestamp }) => timestamp)).to.deep.equal(before.map(({ timestamp }) => timestamp))
    const common = after.filter(({ hash }, i) => hash === before[i]!.hash)
    expect(common).to.have.length(last + 1 - 5)
    expect(await ask('eth_getTransactionReceipt', hash)).to.equal(null)
    await comesAfter(last)
  })

  it('a process that stands still answers nothing, and then goes on', async () => {
    const fault = new StoppedChainFault(anvil)
    await fault.begin()
    const seen = () => askWithin<string>(300, 'eth_blockNumber').then(Number, ({ name }: Error) => name)
    let stood = await seen()
    while (typeof stood === 'number') stood = await seen() // the signal is on its way
    await fault.end()
    expect(stood).to.equal('TimeoutError')
    await comesAfter(await head())
  })

  it('a process that is killed comes back with its blocks and their states, and with the time of the day', async function () {
    this.retries(1) // somebody else may take the port meanwhile
    const hash = await send()
    while ((await ask('eth_getTransactionReceipt', hash)) === null) await pause(10)
    const fault = new RestartedChainFault(anvil)
    await fault.begin()
    expect(await head().catch(({ name }: Error) => name)).to.equal('TypeError')
    await fault.end()
    const last = await head()
    const [sender] = anvil.accounts
    expect(await ask('eth_getTransactionCount', sender!.address, `0x${last.toString(16)}`)).to.equal('0x1')
    expect(await ask('eth_getTransactionCount', sender!.address, '0x5')).to.equal('0x0')
    await comesAfter(last)
    const { timestamp } = await ask<Block>('eth_getBlockByNumber', 'latest', false)
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).to.be.below(10)
  })
})
