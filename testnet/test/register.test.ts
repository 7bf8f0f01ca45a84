/** `verifier register` and `provider register` on a real chain. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Hex } from '../../proto/hex.js'
import { accountOf } from '../../verifier/chain/account.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { keysFromSeed, saveKeys } from '../../verifier/config/keys.js'
import { registrationSchema } from '../../verifier/evidence/schema/data-directory.js'
import { PROVIDER_STAKE, VERIFIER_BOND } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'

const SAFE = '0x52908400098527886E0F7030069857D2E4169EE7'

describe('registration by the command line', function () {
  this.timeout(2 * TIMEOUT_MS)
  const net = useLiveNetwork()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-register-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** The data directory of an account with ether, and this many stake tokens. */
  async function holder(name: string, tokens: bigint) {
    const keys = keysFromSeed('register tests', name)
    const dataDir = join(directory, name)
    await mkdir(dataDir)
    await saveKeys(join(dataDir, 'keys.json'), keys)
    const account = accountOf(keys.evm)
    await net.live.rpc('anvil_setBalance', [account, '0xde0b6b3a7640000'])
    await send(account, tokens)
    return { account, dataDir }
  }
  async function send(account: Hex, tokens: bigint) {
    const { network } = net.live.setup
    const { privateKey } = net.live.anvil.accounts[0]!
    const treasury = await connectChain({ rpcUrl: net.live.anvil.rpcUrl, network, privateKey })
    const { stakeToken } = treasury.context.contracts
    const data = stakeToken.interface.encodeFunctionData('transfer', [account, tokens])
    await treasury.sender!.sendAll([{ label: 'tokens', to: network.contracts.stakeToken, data, gasLimit: 100_000n }])
    treasury.close()
  }
  const register = (role: string, dataDir: string, ...more: string[]) => {
    const { networkFile, anvil } = net.live
    const chain = ['--network', networkFile, '--rpc', anvil.rpcUrl]
    return bandwitness([role, 'register', '--data-dir', dataDir, ...chain, ...more])
  }

  it('a provider names the account that its stake is paid to, and stakes what its claim needs', async () => {
    const { account, dataDir } = await holder('provider', PROVIDER_STAKE - 1n)
    const command = ['provider', dataDir, '--claim', '25mbps', '--withdrawal-address', SAFE, '--json'] as const
    const small = await register('provider', dataDir, '--claim', '7.9mbps')
    expect(small.code, small.stderr).to.equal(2)
    expect(complaint(small)).to.include('--claim is below 8 Mbit/s')
    const poor = await register(...command)
    expect(poor.code).to.equal(3)
    expect(complaint(poor)).to.include(`holds ${PROVIDER_STAKE - 1n} wei`)

    await send(account, 1n)
    const { code, stdout, stderr } = await register(...command)
    expect(code, stderr).to.equal(0)
    const entry = registrationSchema.parse(JSON.parse(stdout))
    expect(entry).to.deep.equal({ role: 'provider', account, index: 3, withdrawalAddress: SAFE.toLowerCase() })
    expect(await net.chain.provider(account)).to.include({ index: 3, claimKbps: 25_000, stake: PROVIDER_STAKE })

    const again = await register(...command)
    expect([again.code, complaint(again).includes('is provider 3')]).to.deep.equal([3, true])
  })

  it('an account without ether is told so, in one line without its transaction', async () => {
    const { account, dataDir } = await holder('poor', PROVIDER_STAKE)
    await net.live.rpc('anvil_setBalance', [account, '0x1'])
    const ended = await register('provider', dataDir, '--claim', '25mbps')
    expect(ended.code, ended.stderr).to.equal(3)
    expect(complaint(ended)).to.include(`${account} holds too little of the chain's currency to pay for gas`)
    expect(ended.stderr).to.not.match(/0x02f8|\bat /)
  })

  it('a verifier that names none is paid itself, and the command says so', async () => {
    const { account, dataDir } = await holder('verifier', VERIFIER_BOND)
    const early = await register('verifier', dataDir, '--capacity', '100mbps')
    expect(early.code, early.stderr).to.equal(3)
    expect(complaint(early)).to.include('has not started')

    await net.live.startEpochs()
    const { code, stdout, stderr } = await register('verifier', dataDir, '--capacity', '100mbps')
    expect(code, stderr).to.equal(0)
    expect(stdout).to.include('Withdrawals pay the account itself, so whoever gets its key can take the stake.')
    expect(await net.chain.withdrawalAddress('verifier', account)).to.equal(account)
    expect(await net.chain.verifierIndex(account)).to.equal(5)
  })
})
