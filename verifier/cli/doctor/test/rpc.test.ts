/** Real chain nodes, of the right chain and of another, and one that fails in between. */
import { expect } from 'chai'
import { type RpcAnswer, RpcProxy, type RpcRequest } from '../../../../testnet/faults/rpc-proxy.js'
import { type Anvil, startAnvil } from '../../../../testnet/network/anvil.js'
import { examineRpcs } from '../../../chain/rpc-examination.js'
import type { NetworkFile } from '../../../config/network-file.js'
import { rpcFindings } from '../rpc.js'

const CONTRACT = `0x${'11'.repeat(20)}` as const
const NETWORK = {
  ...{ name: 'test', chainId: 31_337, deployBlock: 0, params: { epochSeconds: 10, windowEpochs: 2 } },
  contracts: { epochReports: CONTRACT },
} as unknown as NetworkFile

const ALL_GOOD = ['rpc: good', 'rpc limit: good', 'rpc logs: good', 'rpc state: good']

describe('the doctor on chain nodes', () => {
  let anvil: Anvil
  let proxy: RpcProxy
  before(async () => {
    anvil = await startAnvil()
    proxy = await RpcProxy.start(anvil.rpcUrl)
    for (let i = 0; i < 5; i++) await proxy.ask({ method: 'evm_mine', params: [] })
  })
  beforeEach(() => proxy.ask({ method: 'evm_mine', params: [] })) // the newest block is young
  after(async () => {
    await proxy?.stop()
    await anvil?.stop()
  })

  async function look(urls: string, { network = NETWORK, nowMs = Date.now() } = {}) {
    const examined = await examineRpcs(urls, network)
    return rpcFindings(examined, { network, staleMs: 30_000, nowMs })
  }
  const gradesOf = (findings: Awaited<ReturnType<typeof look>>) =>
    findings.map(({ subject, grade }) => `${subject}: ${grade}`)
  async function whenIt(does: (request: RpcRequest) => { readonly status: number } | RpcAnswer | undefined) {
    const end = proxy.misbehave(undefined, does)
    try {
      return await look(proxy.urlOf('node'))
    } finally {
      end()
    }
  }

  it('finds no fault with a chain node that has none', async () => {
    expect(gradesOf(await look(anvil.rpcUrl))).to.deep.equal(ALL_GOOD)
  })

  it('finds a chain node of another chain beside a good one, and asks it nothing more', async () => {
    const other = await startAnvil({ chainId: 1 })
    try {
      const [found, ...rest] = await look(`${other.rpcUrl},${anvil.rpcUrl}`)
      expect(found).to.include({ subject: 'rpc', grade: 'bad' })
      expect(found!.found).to.include('is on chain 1, and network "test" is on chain 31337')
      expect(rest).to.have.length(4)
    } finally {
      await other.stop()
    }
  })

  it('finds one that is silent, one that lags, and one that has not the network’s blocks', async () => {
    const [silent] = await look('http://127.0.0.1:1')
    expect(silent).to.include({ subject: 'rpc', grade: 'bad' })
    const [late] = await look(anvil.rpcUrl, { nowMs: Date.now() + 60_000 })
    expect(late!.found).to.match(/lags behind, or the clock/)
    const [young] = await look(anvil.rpcUrl, { network: { ...NETWORK, deployBlock: 99 } })
    expect(young!.found).to.include('the network began at 99')
  })

  it('finds limits: of questions at once, and of the blocks of a log', async () => {
    let asked = 0
    const limited = await whenIt(({ method }) =>
      method === 'eth_blockNumber' && asked++ > 5 ? { status: 429 } : undefined,
    )
    expect(gradesOf(limited)).to.deep.equal(ALL_GOOD.with(1, 'rpc limit: warning'))
    expect(limited[1]!.found).to.match(/refuses 18 of 24 .*429/)
    const short = await whenIt(({ method, params }) => {
      const [filter] = params as [{ fromBlock: string; toBlock: string }]
      if (method !== 'eth_getLogs' || Number(filter.toBlock) - Number(filter.fromBlock) < 2) return undefined
      return { error: { code: -32_005, message: 'range too large' } }
    })
    expect(gradesOf(short)).to.deep.equal(ALL_GOOD.with(2, 'rpc logs: warning'))
    const none = await whenIt(({ method }) => (method === 'eth_getLogs' ? { status: 502 } : undefined))
    expect(gradesOf(none)).to.deep.equal(ALL_GOOD.with(2, 'rpc logs: bad'))
  })

  it('finds one that forgot the state of blocks that a verifier reads, or names no block by its hash', async () => {
    for (const message of ['missing trie node 3f2a', 'invalid argument 1: hex string expected']) {
      const found = await whenIt(({ method }) =>
        method === 'eth_call' ? { error: { code: -32_000, message } } : undefined,
      )
      expect(gradesOf(found)).to.deep.equal(ALL_GOOD.with(3, 'rpc state: bad'))
      expect(found[3]!.found).to.include('does not tell the state').and.include(message)
      expect(found[3]!.advice).to.match(/^A verifier reads the state of blocks.*archive node\.$/)
    }
  })

  it('takes an answer that nobody can read for none', async () => {
    const [found] = await whenIt(({ method }) =>
      method === 'eth_getBlockByNumber' ? { result: { number: 'soon', timestamp: null } } : undefined,
    )
    expect(found).to.include({ grade: 'bad' })
    expect(found!.found).to.include('nobody can read')
  })
})
