/** `verifier register` and `provider register` on a real chain. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Hex } from '../../proto/hex.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { registrationSchema } from '../../verifier/evidence/schema/data-directory.js'
import { PROVIDER_STAKE, VERIFIER_BOND } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'
import { sendTokens, stakeHolder } from './support/stake-holder.js'

const SAFE = '0x52908400098527886E0F7030069857D2E4169EE7'

describe('registration by the command line', function () {
  this.timeout(2 * TIMEOUT_MS)
  const net = useLiveNetwork()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-register-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const holder = (name: string, tokens: bigint) => stakeHolder(net.live, directory, name, tokens)
  const send = (account: Hex, tokens: bigint) => sendTokens(net.live, account, tokens)
  const register = (role: string, dataDir: string, ...more: string[]) => {
    const { networkFile, anvil } = net.live
    const chain = ['--network', networkFile, '--rpc', anvil.rpcUrl]
    return bandwitness([role, 'register', '--data-dir', dataDir, '--yes', ...chain, ...more])
  }

  it('a provider names the account that its stake is paid to, and stakes what its claim needs', async () => {
    const { account, dataDir } = await holder('provider', PROVIDER_STAKE - 1n)
    const command = ['provider', dataDir, '--claim', '25mbps', '--withdrawal-address', SAFE, '--json'] as const
    const small = await register('provider', dataDir, '--claim', '7.9mbps')
    expect(small.code, small.stderr).to.equal(2)
    expect(complaint(small)).to.include('--claim is below 8 Mbit/s')
    const poor = await register(...command)
    expect(poor.code).to.equal(3)
    expect(complaint(poor)).to.match(/holds 999\.9{18} tokens of 0x[0-9a-f]{40}, and the registration needs 1000\./)

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
    expect(ended.stderr).to.not.match(/0x02f8|^\s+at /m)
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
