/** A provider that has left: what becomes of its stake is told, and its node does not pretend to take sessions. */
import { expect } from 'chai'
import pino from 'pino'
import { type SampleNode, startSampleNode } from '../../../verifier/api/test/sample-node.js'
import { exitCall, readStake } from '../../../verifier/chain/stake.js'
import { LiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { timeText, tokensText } from '../../../verifier/cli/figures.js'
import { leftText } from '../../../verifier/cli/left-stake.js'
import { reputationOf } from '../../../verifier/cli/reputation.js'
import { UserError } from '../../../verifier/config/errors.js'
import { startProviderNode } from '../provider-node.js'
import type { ProviderOptions } from '../provider-options.js'

describe('a provider that has left', function () {
  this.timeout(60_000)
  let live: LiveNetwork | undefined
  let node: SampleNode | undefined
  let account: `0x${string}`
  let told: string

  before(async () => {
    live = await LiveNetwork.start()
    node = await startSampleNode()
    const chain = await live.connectAs('p0')
    account = chain.account!
    expect((await chain.sender!.send(exitCall(chain.context, 'provider'))).kind).to.equal('done')
    const { unbonding, releaseAt } = await readStake(chain.context, 'provider', account)
    chain.close()
    told = `${tokensText(unbonding)} tokens unbond until ${timeText(releaseAt!)}. Take them with`
  })
  after(async () => {
    await node?.stop()
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

  it('is asked for its stake, and the amount and the time of its release are the answer', async () => {
    const chain = { rpc: live!.anvil.rpcUrl, network: live!.networkFile }
    const { message, code } = await refusal(reputationOf({ api: node!.api.url, ...chain, provider: account }))
    expect(message).to.include(`${account} has left the network: ${told}`)
    expect(code).to.equal('usage')
    const stranger = `0x${'12'.repeat(20)}`
    const unknown = await refusal(reputationOf({ api: node!.api.url, ...chain, provider: stranger }))
    expect(unknown.message).to.include(`${stranger} is not an active provider.`)
  })

  it('does not start: nobody would measure it', async () => {
    const options = {
      ...{ rpcUrl: live!.anvil.rpcUrl, network: live!.setup.network, keys: live!.keys.p0 },
      logger: pino({ level: 'silent' }),
    } as unknown as ProviderOptions
    const { message, code } = await refusal(startProviderNode(options))
    expect(message).to.include(`${account} has left network "testnet": ${told}`)
    expect(code).to.equal('configuration')
  })

  it('is told when there is nothing left to wait for', () => {
    expect(leftText({ unbonding: 0n, releaseAt: undefined, free: 0n })).to.match(/^all of its stake is paid out\./)
    expect(leftText({ unbonding: 0n, releaseAt: undefined, free: 10n ** 18n })).to.match(
      /^1 tokens can be withdrawn now\./,
    )
  })
})
