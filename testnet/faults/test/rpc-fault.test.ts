/** A chain node that fails for one node of a run, or for all, in front of a real one. */
import { expect } from 'chai'
import { type Anvil, startAnvil } from '../../network/anvil.js'
import { RPC_ANSWERS, type RpcAnswers, RpcFault } from '../rpc-fault.js'
import { RpcProxy } from '../rpc-proxy.js'

/** Code that emits one event without topics. */
const EMITTER = '0x600b600c600039600b6000f360006000a0600060005260206000f3'
/** A node that stalls is given up after this. */
const STALLED_MS = 300
const SLOWEST_MS = 10_000

describe('a faulty chain node', () => {
  let anvil: Anvil
  let proxy: RpcProxy
  before(async () => {
    anvil = await startAnvil()
    proxy = await RpcProxy.start(anvil.rpcUrl)
  })
  after(async () => {
    await proxy.stop()
    await anvil.stop()
  })

  const post = (name: string, body: unknown, timeoutMs = SLOWEST_MS) =>
    fetch(proxy.urlOf(name), { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(timeoutMs) })
  const request = (method: string, ...params: unknown[]) => ({ jsonrpc: '2.0', id: 7, method, params })
  async function ask(name: string, method: string, ...params: unknown[]): Promise<unknown> {
    const { id, result, error } = (await (await post(name, request(method, ...params))).json()) as Record<
      string,
      unknown
    >
    expect(id).to.equal(7)
    return result === undefined ? error : result
  }

  /** anvil answers with the hash of a transaction before it has mined it. */
  async function receiptOf<T>(hash: unknown): Promise<T> {
    for (;;) {
      const receipt = await ask('b', 'eth_getTransactionReceipt', hash)
      if (receipt !== null) return receipt as T
    }
  }

  async function during(
    answers: RpcAnswers,
    of: string | undefined,
    look: () => Promise<void>,
    epochReports = anvil.accounts[0]!.address,
  ) {
    const fault = new RpcFault(proxy, { of, answers, epochReports: epochReports as `0x${string}` })
    await fault.begin()
    try {
      await look()
    } finally {
      await fault.end()
    }
  }

  /** What a node sees that asks for the chain's id. */
  const seen = (name: string, timeoutMs = SLOWEST_MS) =>
    post(name, request('eth_chainId'), timeoutMs).then(
      async answer => `${answer.status} ${await answer.text()}`,
      (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name,
    )

  it('does to one node what it says, in each way, and to no other; and to all', async () => {
    const right = await seen('a')
    expect(right).to.match(/^200 .*0x7a69/)
    const wrong: Partial<Record<RpcAnswers, RegExp>> = {
      refuses: /UND_ERR_SOCKET|ECONNRESET/,
      stalls: /Timeout/,
      '429': /^429/,
      '502': /^502/,
      '503': /^503/,
      '-32005': /^200 .*-32005/,
      nothing: /^200 $/,
    }
    for (const answers of RPC_ANSWERS) {
      const patienceMs = answers === 'stalls' ? STALLED_MS : SLOWEST_MS
      await during(answers, 'a', async () => {
        expect(await seen('a', patienceMs), answers).to.match(wrong[answers] ?? /0x7a69/)
        expect(await seen('b'), answers).to.equal(right)
      })
      await during(answers, undefined, async () => {
        expect(await seen('b', patienceMs)).to.match(wrong[answers] ?? /0x7a69/)
      })
      expect(await seen('a')).to.equal(right)
    }
  })

  it('answers batches, and passes on what is large', async () => {
    const data = `0x${'5b'.repeat(200_000)}`
    await during('stale', 'a', async () => {
      const batch = [request('eth_chainId'), { ...request('eth_blockNumber'), id: 8 }]
      const answers = (await (await post('a', batch)).json()) as { id: number; result: string }[]
      expect(answers.map(({ id }) => id)).to.deep.equal([7, 8])
    })
    const { address } = anvil.accounts[2]!
    await ask('a', 'anvil_setCode', address, data)
    expect(await ask('a', 'eth_getCode', address, 'latest')).to.equal(data)
  })

  it('stands still, whatever it is asked, and then tells all', async () => {
    const [from, to] = anvil.accounts.map(({ address }) => address)
    const head = await ask('a', 'eth_blockNumber')
    const latest = () => ask('a', 'eth_getBlockByNumber', 'latest', false) as Promise<{ number: string; hash: string }>
    await during('stale', 'a', async () => {
      const hash = await ask('b', 'eth_sendTransaction', { from, to, value: '0x1' })
      const mined = await receiptOf<{ blockNumber: string; blockHash: string }>(hash)
      expect(Number(mined.blockNumber)).to.equal(Number(head) + 1)
      expect(await ask('a', 'eth_blockNumber')).to.equal(head)
      expect((await latest()).number).to.equal(head)
      expect(await ask('a', 'eth_getBlockByNumber', mined.blockNumber, false)).to.equal(null)
      expect(await ask('a', 'eth_getBlockByHash', mined.blockHash, false)).to.equal(null)
      expect(await ask('a', 'eth_getTransactionReceipt', hash)).to.equal(null)
      expect(await ask('a', 'eth_getTransactionCount', from, 'pending')).to.equal('0x0')
      expect(await ask('a', 'eth_getTransactionCount', from, mined.blockNumber)).to.have.property('code')
      expect(await ask('a', 'eth_sendRawTransaction', '0x02')).to.match(/^0x[0-9a-f]{64}$/)
    })
    expect(await ask('a', 'eth_getTransactionCount', from, 'latest')).to.equal('0x1')
  })

  it('lies about the events of one contract and about the randomness, and is true in all else', async () => {
    const { address: from } = anvil.accounts[1]!
    const emitter = async () => {
      const hash = await ask('b', 'eth_sendTransaction', { from, data: EMITTER, gas: '0x20000' })
      return (await receiptOf<{ contractAddress: string }>(hash)).contractAddress
    }
    const [hidden, shown] = [await emitter(), await emitter()]
    const emits = async (to: string) => {
      const hash = await ask('b', 'eth_sendTransaction', { from, to, gas: '0x20000' })
      await receiptOf(hash)
      return (name: string) => ask(name, 'eth_getTransactionReceipt', hash) as Promise<{ logs: unknown[] }>
    }
    const [fromHidden, fromShown] = [await emits(hidden), await emits(shown)]
    const logs = (name: string) => ask(name, 'eth_getLogs', { fromBlock: '0x0' }) as Promise<{ address: string }[]>
    const block = (name: string) =>
      ask(name, 'eth_getBlockByNumber', 'latest', false) as Promise<Record<string, string>>
    const look = async () => {
      expect((await logs('b')).map(({ address }) => address)).to.deep.equal([hidden, shown])
      expect((await logs('a')).map(({ address }) => address)).to.deep.equal([shown])
      expect((await fromHidden('a')).logs).to.deep.equal([])
      expect((await fromShown('a')).logs).to.have.length(1)
      const [{ mixHash: told, ...told1 }, { mixHash: real, ...real1 }] = [await block('a'), await block('b')]
      expect(told1).to.deep.equal(real1)
      expect(told)
        .to.match(/^0x[0-9a-f]{64}$/)
        .and.not.equal(real)
      expect((await block('a')).mixHash, 'the same lie each time').to.equal(told)
    }
    await during('lies', 'a', look, hidden)
  })
})
