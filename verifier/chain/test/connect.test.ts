import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { deploy } from '../../../contracts/deploy.js'
import { PROVIDER_STAKE, VERIFIER_BOND } from '../../../testnet/network/setup.js'
import { UserError } from '../../config/errors.js'
import type { ContractName, NetworkFile } from '../../config/network-file.js'
import { connectChain, openProvider } from '../connect.js'
import { LiveNetwork, PARAMS } from './live-network.js'

const DEPLOYMENT = {
  ...{ minimumVerifiers: 4, startDelaySeconds: 3 },
  ...{ verifierBond: VERIFIER_BOND, minimumProviderStake: PROVIDER_STAKE, weiPerMbps: 1n },
  ...{ settleRefund: 0n, networkWeeklyBps: 1000, thawSeconds: 20, laneSlotSeconds: 10, laneGraceSeconds: 20 },
}

describe('connecting to a chain', () => {
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

  describe('refuses another network’s contracts, and names the first difference', () => {
    /** A network like the first, but for epochs of twice the length. */
    let other: NetworkFile['contracts']
    before(async () => {
      const provider = openProvider(rpcUrl, network.chainId)
      provider.pollingInterval = 50
      try {
        const deployer = new Wallet(live.anvil.accounts[1]!.privateKey, provider)
        const genesisVerifiers = live.setup.verifiers.map(({ account }) => account)
        const config = { ...DEPLOYMENT, genesisVerifiers, params: { ...PARAMS, epochSeconds: 2 * PARAMS.epochSeconds } }
        other = (await deploy(deployer, config)).contracts
      } finally {
        provider.destroy()
      }
    })

    const refusal = async (changed: Partial<NetworkFile['contracts']>) => {
      const error = await refused({ rpcUrl, network: { ...network, contracts: { ...network.contracts, ...changed } } })
      expect(error.exitCode).to.equal(3)
      expect(error.message).to.include('--network')
      return error.message
    }

    it('a foreign vault: its stakes are not those that penalties take', async () => {
      const message = await refusal({ stakeVault: other.stakeVault })
      expect(message).to.include(`vault of verifierRegistry is ${network.contracts.stakeVault}`)
      expect(message).to.include(other.stakeVault)
    })

    it('a foreign clock: its epochs are not those of the parameters', async () => {
      const message = await refusal({ verifierRegistry: other.verifierRegistry })
      expect(message).to.match(/epochSeconds of verifierRegistry is 40, .* says 20/)
    })

    it('each contract of the other network alone', async () => {
      for (const name of Object.keys(other) as ContractName[]) {
        expect(await refusal({ [name]: other[name] }), name).to.match(/is 0x|parameters|is \d+, but/)
      }
    })

    it('a slasher that nobody gave the vault', async () => {
      expect(await refusal({ slashingManager: other.slashingManager })).to.include(other.slashingManager)
    })
  })

  it('refuses an account in the place of a contract', async () => {
    const stakeVault = live.setup.verifiers[0]!.account
    const error = await refused({ rpcUrl, network: { ...network, contracts: { ...network.contracts, stakeVault } } })
    expect(error.message).to.include(stakeVault)
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
