/** What a registered account does with its stake by the command line, on a real chain. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readStake } from '../../verifier/chain/stake.js'
import { PARAMS, useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { saveKeys } from '../../verifier/config/key-file.js'
import {
  capacitySchema,
  claimChangeSchema,
  exitSchema,
  topUpSchema,
  verifierStandingSchema,
  withdrawalSchema,
} from '../../verifier/evidence/schema/stake.js'
import { PROVIDER_STAKE, VERIFIER_BOND } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'
import { sendTokens, stakeHolder } from './support/stake-holder.js'

const TOKEN = 10n ** 18n
/** Nobody listens there. */
const NO_API = 'http://127.0.0.1:1'

describe('stake by the command line', function () {
  this.timeout(4 * TIMEOUT_MS)
  const net = useLiveNetwork({ ...PARAMS, eraEpochs: 500 }) // a status tells the era by the clock, and commands take their time
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-stake-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const run = (role: string, dataDir: string, command: string, ...more: string[]) => {
    const { networkFile, anvil } = net.live
    const chain = ['--data-dir', dataDir, '--network', networkFile, '--rpc', anvil.rpcUrl]
    return bandwitness([role, command, ...chain, ...more])
  }
  /** @returns what it prints as JSON */
  const done = async (...args: Parameters<typeof run>): Promise<unknown> => {
    const { code, stdout, stderr } = await run(...args, '--json')
    expect(code, stderr).to.equal(0)
    return JSON.parse(stdout)
  }
  const refused = async (...args: Parameters<typeof run>): Promise<string> => {
    const ended = await run(...args)
    expect(ended.code, ended.stdout).to.be.oneOf([2, 3])
    return complaint(ended)
  }
  const passTime = async (seconds: number) => {
    await net.live.rpc('evm_increaseTime', [seconds])
    await net.live.rpc('evm_mine', [])
  }

  it('a provider claims more, adds the stake for it, leaves, and is paid when its stake is released', async () => {
    const { account, dataDir } = await stakeHolder(net.live, directory, 'leaver', PROVIDER_STAKE)
    const of = (command: string, ...more: string[]) => ['provider', dataDir, command, ...more] as const
    expect(await refused(...of('exit')))
      .to.include('is no provider of network')
      .and.include('provider register')
    expect(await refused(...of('register', '--claim', '25mbps'))).to.include('Add --yes to agree beforehand')
    await done(...of('register', '--claim', '25mbps', '--yes'))
    expect(await refused(...of('exit'))).to.include('Nothing was sent')

    const more = await refused(...of('claim', '1200mbps'))
    const [, missing] = /top-up --amount ([\d.]+)/.exec(more)!
    expect(await refused(...of('top-up', '--amount', 'much'))).to.include('is no amount of tokens')
    expect(await refused(...of('top-up', '--amount', missing!))).to.include('Send it tokens, then top up again')
    await sendTokens(net.live, account, BigInt(Number(missing) * 1e6) * 10n ** 12n)
    const { active } = topUpSchema.parse(await done(...of('top-up', '--amount', missing!)))
    const { claimKbps } = claimChangeSchema.parse(await done(...of('claim', '1200mbps')))
    expect(await net.chain.provider(account)).to.include({ claimKbps, stake: BigInt(active) })

    expect(await refused(...of('withdraw')))
      .to.include('are bonded')
      .and.include('provider exit')
    const left = exitSchema.parse(await done(...of('exit', '--yes')))
    expect(left).to.include({ unbonding: active })
    expect(await refused(...of('exit', '--yes'))).to.include('AlreadyExited')
    expect(await refused(...of('withdraw'))).to.include(
      `unbonding until ${new Date(left.releaseAt! * 1000).toISOString().slice(0, 10)}`,
    )
    await passTime(net.live.setup.network.params.unbondingSeconds + 1)
    expect(withdrawalSchema.parse(await done(...of('withdraw')))).to.include({ amount: active, to: account })
    expect(await refused(...of('withdraw'))).to.include('the vault holds no tokens')
  })

  it('a verifier names another capacity, adds to its bond, sees where it stands, and leaves', async () => {
    await net.live.startEpochs()
    const { account, dataDir } = await stakeHolder(net.live, directory, 'waiter', VERIFIER_BOND + 5n * TOKEN)
    const of = (command: string, ...more: string[]) => ['verifier', dataDir, command, ...more] as const
    await done(...of('register', '--capacity', '100mbps', '--yes'))
    expect(await refused(...of('capacity', 'fast'))).to.include('is not a rate')
    expect(capacitySchema.parse(await done(...of('capacity', '50mbps')))).to.include({ capacityKbps: 50_000 })
    const { active } = topUpSchema.parse(await done(...of('top-up', '--amount', '5')))
    expect(BigInt(active)).to.equal(VERIFIER_BOND + 5n * TOKEN)

    const standing = verifierStandingSchema.parse(await done(...of('status', '--api', NO_API)))
    expect(standing).to.deep.include({ account, index: 5, era: 1, isMember: false, members: 4, node: null })
    expect(standing.stake).to.include({ active, releaseAt: null })
    const { stdout } = await run(...of('status', '--api', NO_API))
    expect(stdout).to.include('not in the set of era 1').and.include('does not run')

    // A member serves on: its bond unbonds from the next freeze on.
    const memberDir = join(directory, 'member')
    await mkdir(memberDir)
    await saveKeys(join(memberDir, 'keys.json'), net.live.keys.v3!)
    const member = exitSchema.parse(await done('verifier', memberDir, 'exit', '--yes'))
    expect(member).to.include({ unbonding: '0', releaseAt: null })
    expect(await refused('verifier', memberDir, 'withdraw')).to.include(
      'from the freeze on that leaves the verifier out',
    )

    const left = exitSchema.parse(await done(...of('exit', '--yes'))) // it waits for a place, so it leaves at once
    expect(left.unbonding).to.equal(active)
    expect((await readStake(net.chain.context, 'verifier', account)).active).to.equal(0n)
  })
})
