import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import type { NetworkFile } from '../../config/network-file.js'
import { connectChain } from '../connect.js'
import { LiveNetwork } from './live-network.js'

describe('connecting to a chain', function () {
  this.timeout(60_000)
  let live: LiveNetwork
  let rpcUrl: string
  let network: NetworkFile

  before(async () => {
    live = await LiveNetwork.start()
    rpcUrl = live.anvil.rpcUrl
    network = live.setup.network
  })
  after(() => live?.stop())

  const refused = async (options: Parameters<typeof connectChain>[0]): Promise<UserError> => {
    try {
      const chain = await connectChain(options)
      chain.close()
    } catch (error) {
      expect(error).to.be.instanceOf(UserError)
      expect((error as UserError).message).not.to.include('\n')
      return error as UserError
    }
    throw new Error('it connected')
  }

  it('names the URL at which no chain answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const error = await refused({ rpcUrl: url, network })
    expect(error.exitCode).to.equal(4)
    expect(error.message).to.include(url).and.to.include('--rpc')
  })

  it('refuses a malformed URL', async () => {
    expect((await refused({ rpcUrl: 'localhost:8545', network })).exitCode).to.equal(2)
  })

  it('refuses another chain, and names both ids', async () => {
    const error = await refused({ rpcUrl, network: { ...network, chainId: 1 } })
    expect(error.exitCode).to.equal(3)
    expect(error.message).to.include('31337').and.to.include('chain 1')
  })

  it('refuses other parameters than the contracts have', async () => {
    const params = { ...network.params, breachBps: network.params.breachBps + 1 }
    const error = await refused({ rpcUrl, network: { ...network, params } })
    expect(error.exitCode).to.equal(3)
    expect(error.message).to.match(/parameters/)
  })

  it('refuses a chain without these contracts', async () => {
    const contracts = { ...network.contracts, epochReports: `0x${'ab'.repeat(20)}` as const }
    const error = await refused({ rpcUrl, network: { ...network, contracts } })
    expect(error.exitCode).to.equal(3)
    expect(error.message).to.include(contracts.epochReports)
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
