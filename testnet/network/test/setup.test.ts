import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { blockAt } from '../../../verifier/chain/block-search.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import { loadNetworkFile } from '../../../verifier/config/network-file.js'
import { type Anvil, startAnvil } from '../anvil.js'
import { joinVerifier, type NetworkSetup, PROVIDER_STAKE, setUpNetwork, startNetwork } from '../setup.js'

const PARAMS = { ...DEVNET, eraEpochs: 1 }

const node = (name: string) => ({ name, keys: keysFromSeed('setup test', name) })
const verifier = (name: string) => ({ ...node(name), capacityKbps: 100_000 })
const VERIFIERS = ['verifier-1', 'verifier-2', 'verifier-3', 'verifier-4'].map(verifier)
const LATE = verifier('verifier-5')
const PROVIDERS = ['provider-1', 'provider-2'].map((name, i) => ({ ...node(name), claimKbps: 25_000 * (i + 1) }))

describe('setup of a network on a chain with a block a second', function () {
  this.timeout(60_000)
  let dir: string
  let anvil: Anvil
  let setup: NetworkSetup
  let blocks: number
  let chain: EthersChain

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-setup-'))
    anvil = await startAnvil({ blockTime: 1 })
    setup = await setUpNetwork({
      anvil,
      chainId: 31_337,
      params: PARAMS,
      verifiers: VERIFIERS,
      lateVerifiers: [LATE],
      providers: PROVIDERS,
      networkFile: join(dir, 'network.json'),
    })
    chain = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: LATE.keys.evm })
    blocks = (await blockAt(chain.context.provider, 'latest')).number
  })
  after(async () => {
    chain?.close()
    await anvil?.stop()
    await rm(dir, { recursive: true })
  })

  it('takes at most six blocks', () => {
    expect(blocks).to.be.at.most(6)
  })

  it('writes the network file', async () => {
    expect(await loadNetworkFile(join(dir, 'network.json'))).to.deep.equal(setup.network)
  })

  it('registers all nodes', async () => {
    expect(setup.verifiers.map(({ name }) => name)).to.deep.equal(VERIFIERS.map(({ name }) => name))
    for (const { account, index } of setup.verifiers) expect(await chain.verifierIndex(account)).to.equal(index)
    for (const [i, { account, index }] of setup.providers.entries()) {
      const claimKbps = PROVIDERS[i]!.claimKbps
      expect(await chain.provider(account)).to.deep.include({ index, claimKbps, stake: PROVIDER_STAKE })
    }
  })

  it('starts the epochs, and lets a late verifier into the next frozen set', async () => {
    const rpc = (method: string, params: unknown[] = []) => chain.context.provider.send(method, params)
    const genesis = await startNetwork(anvil.rpcUrl, setup.network, VERIFIERS[0]!.keys.evm)
    expect(genesis).to.be.greaterThan((await blockAt(chain.context.provider, 'latest')).timestamp)
    const late = await joinVerifier(anvil.rpcUrl, setup.network, LATE)
    await rpc('evm_setNextBlockTimestamp', [genesis + 1])
    await rpc('evm_mine')
    expect((await chain.factsAt(1))?.verifiers).to.have.length(4)
    expect((await chain.freeze(2)).kind).to.equal('done')
    await rpc('evm_setNextBlockTimestamp', [genesis + PARAMS.epochSeconds])
    await rpc('evm_mine')
    const facts = await chain.factsAt(2)
    expect(facts?.era).to.equal(2)
    expect(facts?.verifiers.map(({ account }) => account))
      .to.include(late.account)
      .and.to.have.length(5)
  })
})
