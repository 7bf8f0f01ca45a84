/** `network check`, `deploy` and `show` as a protocol developer uses them, on chains of their own. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import type { Hex } from '../../proto/hex.js'
import { DEVNET } from '../../proto/params.js'
import { accountOf } from '../../verifier/chain/account.js'
import { connectChain, openAnyChain } from '../../verifier/chain/connect.js'
import { RpcProxy } from '../../verifier/chain/test/rpc-proxy.js'
import { saveKeys } from '../../verifier/config/key-file.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import { networkFileSchema } from '../../verifier/config/network-schema.js'
import {
  networkCheckSchema,
  networkDeploySchema,
  networkShowSchema,
} from '../../verifier/evidence/schema/network-commands.js'
import { encryptKeys } from '../../verifier/keystore/encrypt.js'
import { type Anvil, startAnvil } from '../network/anvil.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'

const KEYS = keysFromSeed('network tests', 'verifier')
const CONTRACTS = Object.keys(networkFileSchema.shape.contracts.shape).length
const BOND = 10n ** 22n
const PASSWORD = 'of the account that pays'
/** As cheap as keystores can be. */
const FAST = 4

describe('deployment of a network by the command line', function () {
  this.timeout(3 * TIMEOUT_MS)
  let directory: string
  let anvil: Anvil
  let rpc: RpcProxy
  let out: string

  before(async () => {
    anvil = await startAnvil()
    const provider = await openAnyChain(anvil.rpcUrl)
    await provider.send('anvil_mine', ['0x20', '0x2'])
    provider.destroy()
  })
  after(() => anvil.stop())

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-deploy-'))
    out = join(directory, 'network.json')
    rpc = await RpcProxy.start(anvil.rpcUrl)
    const others = [1, 2, 3].map(i => `0x${`${i}`.repeat(40)}`)
    const settings = {
      ...{ name: 'mine', genesisVerifiers: [accountOf(KEYS.evm), ...others], minimumVerifiers: 3 },
      ...{ startDelaySeconds: 5, verifierBond: 10_000, minimumProviderStake: 1000, stakePerMbps: 1 },
      ...{ settleRefund: '0.01', networkWeeklyBps: 1000, params: DEVNET },
    }
    await writeFile(join(directory, 'params.yaml'), stringify(settings, { defaultStringType: 'QUOTE_DOUBLE' }))
    await writeFile(join(directory, 'key'), `${anvil.accounts[0]!.privateKey}\n`)
  })
  afterEach(async () => {
    await rpc.stop()
    await rm(directory, { recursive: true })
  })

  const deploy = (url: string, ...more: string[]) => {
    const files = ['--params', join(directory, 'params.yaml'), '--key', join(directory, 'key'), '--out', out]
    return bandwitness(['network', 'deploy', '--rpc', url, ...files, ...more])
  }

  it('writes a network file with which a verifier registers, paid by the account of a keystore', async () => {
    const { evm } = await encryptKeys({ ...KEYS, evm: anvil.accounts[0]!.privateKey as Hex }, PASSWORD, FAST)
    await writeFile(join(directory, 'key'), JSON.stringify(evm))
    await writeFile(join(directory, 'password'), PASSWORD)
    const password = ['--password-file', join(directory, 'password')]
    const silent = await deploy(anvil.rpcUrl, '--yes')
    expect([silent.code, complaint(silent).includes('Pass a file with --password-file')]).to.deep.equal([2, true])
    const asked = await deploy(anvil.rpcUrl, ...password)
    expect([asked.code, existsSync(out)]).to.deep.equal([2, false])
    expect(asked.stderr).to.match(/StakeVault at 0x[\s\S]*costs +at most [\d.]+ ether/)

    const deployed = await deploy(anvil.rpcUrl, '--yes', '--json', ...password)
    expect(deployed.code, deployed.stderr).to.equal(0)
    expect(networkDeploySchema.parse(JSON.parse(deployed.stdout))).to.include({ file: out, name: 'mine' })
    const again = await deploy(anvil.rpcUrl, '--yes')
    expect([again.code, complaint(again).includes('exists already')]).to.deep.equal([3, true])

    const network = await loadNetworkFile(out)
    await saveKeys(join(directory, 'keys.json'), KEYS)
    await fund(network)
    const chain = ['--network', out, '--rpc', anvil.rpcUrl]
    const registering = ['verifier', 'register', '--data-dir', directory, '--capacity', '100mbps', '--yes', ...chain]
    const registered = await bandwitness(registering)
    expect(registered.code, registered.stderr).to.equal(0)

    const shown = await bandwitness(['network', 'show', out, '--rpc', anvil.rpcUrl, '--json'])
    expect(shown.code, shown.stderr).to.equal(0)
    const { chain: state } = networkShowSchema.parse(JSON.parse(shown.stdout))
    expect(state).to.include({ genesis: null, epoch: null, verifiers: 1, providers: 0, lastReport: 0 })
    expect(state).to.include({ thawSeconds: 86_400, laneSlotSeconds: 60, laneGraceSeconds: 86_400 })
    const start = [
      'network',
      'start',
      out,
      '--rpc',
      anvil.rpcUrl,
      '--key',
      join(directory, 'key'),
      '--yes',
      ...password,
    ]
    const early = await bandwitness(start)
    expect([early.code, complaint(early)]).to.deep.equal([
      3,
      'bandwitness: Network "mine" has 1 registered verifiers, and starts with 3 or more. Register the others first.',
    ])
  })

  it('goes on after the chain node lost an answer and died in the middle, and sends nothing twice', async () => {
    let sent = 0
    rpc.fail = ({ method }) => {
      if (method !== 'eth_sendRawTransaction') return undefined
      sent++
      return sent === 3 ? 'lose the answer' : sent > 5 ? 'hang up' : undefined // the third is asked again, the fourth time
    }
    const stopped = await deploy(rpc.url, '--yes')
    expect(stopped.code, stopped.stderr).to.equal(4)
    expect(complaint(stopped)).to.match(/stopped in the middle.*Run the same command again/)
    expect(existsSync(out)).to.equal(false)

    rpc.fail = () => undefined
    const requests = await rpc.during(async () => {
      const { code, stderr } = await deploy(rpc.url, '--yes')
      expect(code, stderr).to.equal(0)
      expect(stderr).to.include('goes on with an earlier deployment')
    })
    expect(requests.filter(({ method }) => method === 'eth_sendRawTransaction')).to.have.length(CONTRACTS - 4)
    expect(existsSync(`${out}.deploying`)).to.equal(false)
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, network: await loadNetworkFile(out) })
    chain.close()
  })

  it('sends nothing if it could not write what it needs to go on', async () => {
    out = join(directory, 'missing', 'network.json')
    const requests = await rpc.during(async () => {
      const refused = await deploy(rpc.url, '--yes')
      expect(refused.code, refused.stderr).to.equal(6)
      expect(complaint(refused)).to.match(/Cannot write .*network\.json\.deploying: ENOENT/)
    })
    expect(requests.filter(({ method }) => method === 'eth_sendRawTransaction')).to.have.length(0)
  })

  it('refuses the record of another deployment, and one that was half written', async () => {
    const record = { chainId: 5, account: anvil.accounts[0]!.address, settingsHash: `0x${'0'.repeat(64)}` }
    const places = { firstNonce: 0, deployBlock: 1 }
    for (const [text, says] of [
      [JSON.stringify({ ...record, ...places }), /with another chain that is not complete/],
      ['{"chainId":', /is no record of a deployment/],
    ] as const) {
      await writeFile(`${out}.deploying`, text)
      const refused = await deploy(anvil.rpcUrl, '--yes')
      expect([refused.code, existsSync(out)]).to.deep.equal([3, false])
      expect(complaint(refused)).to.match(says)
      expect(await readFile(`${out}.deploying`, 'utf8')).to.equal(text)
    }
  })

  it('refuses a chain without EIP-2537 before anything is sent, with the reason', async () => {
    const old = await startAnvil({ hardfork: 'cancun' })
    try {
      const refused = await deploy(old.rpcUrl, '--yes')
      expect([refused.code, existsSync(out), existsSync(`${out}.deploying`)]).to.deep.equal([3, false, false])
      expect(complaint(refused)).to.match(/No network can run on chain 31337\. EIP-2537: G1ADD \(0xb\) gives nothing/)
      const checked = await bandwitness(['network', 'check', '--rpc', old.rpcUrl, '--json'])
      expect(checked.code).to.equal(3)
      expect(networkCheckSchema.parse(JSON.parse(checked.stdout)).grade).to.equal('bad')
    } finally {
      await old.stop()
    }
  })

  async function fund(network: Awaited<ReturnType<typeof loadNetworkFile>>): Promise<void> {
    const account = accountOf(KEYS.evm)
    const privateKey = anvil.accounts[0]!.privateKey
    const treasury = await connectChain({ rpcUrl: anvil.rpcUrl, network, privateKey })
    const { stakeToken } = treasury.context.contracts
    const data = stakeToken.interface.encodeFunctionData('transfer', [account, BOND])
    await treasury.sender!.sendAll([
      { label: 'ether', to: account, value: 10n ** 18n, gasLimit: 21_000n },
      { label: 'tokens', to: network.contracts.stakeToken, data, gasLimit: 100_000n },
    ])
    treasury.close()
  }
})
