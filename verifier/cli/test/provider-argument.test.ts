import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { providerOf } from '../provider-argument.js'

describe('the provider that a command is about', () => {
  const find = (account: string) => (account === '0xab' ? 'known' : undefined)

  it('is found however its address is written', () => {
    expect(providerOf('0xAB', find)).to.equal('known')
  })

  it('is asked for again where it is none', () => {
    expect(() => providerOf('0xAC', find)).to.throw(
      UserError,
      '0xAC is not an active provider. `bandwitness reputation`',
    )
    expect(() => providerOf('', find, 7))
      .to.throw(UserError, 'was not an active provider in epoch 7')
      .with.property('code', 'usage')
  })
})
