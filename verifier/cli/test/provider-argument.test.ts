import { expect } from 'chai'
import { type SampleNode, startSampleNode } from '../../api/test/sample-node.js'
import { UserError } from '../../config/errors.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { explanationFor } from '../explain.js'
import { providerOf } from '../provider-argument.js'
import { reputationOf } from '../reputation.js'

describe('the provider that a command is about', () => {
  let node: SampleNode
  const shown = `${PROVIDER.slice(0, 6)}…${PROVIDER.slice(-4)}`
  const asked = () => ({ api: node.api.url, rpc: undefined, network: undefined })
  const explained = (provider: string) => explanationFor({ ...asked(), epoch: '2', provider })

  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  it('may be named as the live view names it', async () => {
    const [row] = await reputationOf({ ...asked(), provider: PROVIDER })
    for (const provider of [shown, PROVIDER.slice(0, 8), 'provider-1']) {
      expect(await reputationOf({ ...asked(), provider })).to.deep.equal([row])
      expect(await explained(provider)).to.have.property('provider', PROVIDER)
    }
  })

  it('must have a name that the network file holds', async () => {
    const error = await explained('provider-9').catch(cause => cause)
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.match(/^Network "sample" has no node that is called provider-9\./)
  })

  it('must be one of the epoch that is asked about', async () => {
    const error = await explained('0xffffff').catch(cause => cause)
    expect(error.message).to.equal('No account of a provider in epoch 2 is 0xffffff. Give the whole of it.')
    expect(() => providerOf('0xac', () => undefined)).to.throw(
      UserError,
      '0xac is not an active provider. `bandwitness reputation`',
    )
    expect(() => providerOf('0xac', () => undefined, 7))
      .to.throw(UserError, 'was not an active provider in epoch 7')
      .with.property('code', 'usage')
  })
})
