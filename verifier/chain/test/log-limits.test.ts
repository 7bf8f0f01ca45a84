/** Chain nodes limit how much of the log they show at once, each by its own measure and in its own words. */
import { expect } from 'chai'
import { connectChain } from '../connect.js'
import type { EthersChain } from '../ethers-chain.js'
import { eventsBetween } from '../events-between.js'
import { useLiveNetwork } from './live-network.js'
import { type Fault, RpcProxy, type RpcRequest } from './rpc-proxy.js'

const refusal = (id: number, code: number, message: string): Fault => ({
  body: JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }),
})

/** How services say that a question about the log is too large. */
const REFUSALS: readonly ((id: number) => Fault)[] = [
  id => refusal(id, -32_005, 'query returned more than 10000 results'),
  id => refusal(id, -32_602, 'eth_getLogs is limited to a 2000 block range'),
  id => refusal(id, -32_000, 'block range limit exceeded'),
  id => refusal(id, -32_614, 'requested too many blocks from 1 to 9 , maximum is set to 50'),
  () => ({ status: 413 }),
  () => ({ status: 400 }),
]

describe('limits on the chain’s log', () => {
  const net = useLiveNetwork()
  let proxy: RpcProxy
  let reader: EthersChain
  beforeEach(async () => {
    proxy = await RpcProxy.start(net.live.anvil.rpcUrl)
    reader = await connectChain({ rpcUrl: proxy.url, network: net.live.setup.network })
  })
  afterEach(async () => {
    reader.close()
    await proxy.stop()
  })

  const lengthOf = ({ method, params: [range] }: RpcRequest): number =>
    method === 'eth_getLogs' && range?.toBlock !== undefined ? Number(range.toBlock) - Number(range.fromBlock) + 1 : 0
  const announce = (peer: string) => net.chain.announce('verifier', peer, ['/ip4/203.0.113.7/tcp/4001'])
  const head = async () => (await net.chain.context.provider.getBlock('latest'))!.number
  const announcedBetween = async (from: number, to: number) =>
    (await eventsBetween(reader.context, reader.context.contracts.verifierRegistry, 'Announced', [], { from, to })).map(
      ({ args }) => args.peerId as string,
    )

  it('whatever they are and whatever they are called, every event of a range is read once', async () => {
    const from = await head()
    const peers = ['peer-1', 'peer-2', 'peer-3', 'peer-4']
    for (const peer of peers) {
      await net.live.rpc('anvil_mine', ['0x19'])
      await announce(peer)
    }
    const to = await head()
    for (const [i, refused] of REFUSALS.entries()) {
      const most = [1, 7, 50][i % 3]!
      proxy.fail = request => (lengthOf(request) > most ? refused(request.id) : undefined)
      expect(await announcedBetween(from, to), `${i}`).to.deep.equal(peers)
    }
  })

  it('a block that holds more than a node lists is read from its receipts, and nothing else of it', async () => {
    await net.live.rpc('evm_setAutomine', [false])
    const sent = [announce('peer-1'), net.chain.freeze(2), announce('peer-2')]
    await net.live.pending(2)
    await net.live.rpc('evm_mine')
    await net.live.rpc('evm_setAutomine', [true])
    await Promise.all(sent)
    const at = await head()
    for (const refused of REFUSALS) {
      proxy.fail = ({ method, id }) => (method === 'eth_getLogs' ? refused(id) : undefined)
      expect(await announcedBetween(at, at)).to.deep.equal(['peer-1', 'peer-2'])
    }
  })

  it('pages grow again, since a limit may be one of a moment', async () => {
    const from = await head()
    await net.live.rpc('anvil_mine', ['0x190'])
    const to = await head()
    proxy.fail = request => (lengthOf(request) > 3 ? REFUSALS[0]!(request.id) : undefined)
    await announcedBetween(to - 20, to)
    proxy.fail = () => undefined
    const lengths = (await proxy.during(() => announcedBetween(from, to))).map(lengthOf).filter(length => length > 0)
    expect(lengths[0]).to.be.below(5)
    expect(Math.max(...lengths)).to.be.above(50)
  })

  it('no range asks for nothing', async () => {
    const asked = await proxy.during(async () => expect(await announcedBetween(9, 8)).to.deep.equal([]))
    expect(asked).to.deep.equal([])
  })
})
