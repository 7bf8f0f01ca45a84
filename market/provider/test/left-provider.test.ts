/** A provider that has left: what becomes of its stake is told, and its node does not pretend to take sessions. */
import { expect } from 'chai'
import pino from 'pino'
import { exitCall, readStake } from '../../../verifier/chain/stake.js'
import { LiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { timeText, tokensText } from '../../../verifier/cli/figures.js'
import { leftText } from '../../../verifier/cli/left-stake.js'
import { UserError } from '../../../verifier/config/errors.js'
import { startProviderNode } from '../provider-node.js'
import type { ProviderOptions } from '../provider-options.js'

describe('a provider that has left', () => {
  let live: LiveNetwork | undefined
  let account: `0x${string}`
  let told: string

  before(async () => {
    live = await LiveNetwork.start()
    const chain = await live.connectAs('p0')
    account = chain.account!
    expect((await chain.sender!.send(exitCall(chain.context, 'provider'))).kind).to.equal('done')
    const { unbonding, releaseAt } = await readStake(chain.context, 'provider', account)
    chain.close()
    told = `${tokensText(unbonding)} tokens unbond until ${timeText(releaseAt!)}. Take them with`
  })
  after(async () => {
    await live?.stop()
  })

  const refusal = async (work: Promise<unknown>): Promise<UserError> => {
    const error = await work.then(
      () => undefined,
      cause => cause,
    )
    expect(error).to.be.instanceOf(UserError)
    return error
  }

  it('does not start: nobody would measure it', async () => {
    const options = {
      ...{ rpcUrl: live!.anvil.rpcUrl, network: live!.setup.network, keys: live!.keys.p0 },
      logger: pino({ level: 'silent' }),
    } as unknown as ProviderOptions
    const { message, code } = await refusal(startProviderNode(options))
    expect(message).to.include(`${account} has left network "testnet": ${told}`)
    expect(message).to.include('provider redeem').and.include('provider offer --withdraw')
    expect(code).to.equal('configuration')
  })

  it('is told when there is nothing left to wait for', () => {
    expect(leftText({ unbonding: 0n, releaseAt: undefined, free: 0n })).to.match(/^all of its stake is paid out\./)
    expect(leftText({ unbonding: 0n, releaseAt: undefined, free: 10n ** 18n })).to.match(
      /^1 tokens can be withdrawn now\./,
    )
  })
})
