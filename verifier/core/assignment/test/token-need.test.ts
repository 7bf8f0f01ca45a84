import { expect } from 'chai'
import { DEVNET } from '../../../../proto/params.js'
import { facts } from '../../test/samples.js'
import { assign } from '../assign.js'
import { tokenAllowance, tokensNeeded } from '../token-need.js'

const REAL = { ...DEVNET, epochSeconds: 3600, windowEpochs: 24, eraEpochs: 24, tickMs: 600_000, receivers: 31 }

describe('the tokens that a verifier may need', () => {
  it('are enough for both tries of every part that the assignment gives it, and for its heartbeats', () => {
    for (const verifiers of [4, 7, 40]) {
      for (let epoch = 1; epoch <= 10; epoch++) {
        const chain = facts({ verifiers, providers: 3, beacon: `${epoch}` })
        const plan = assign(chain, DEVNET)
        for (const { index } of chain.verifiers) {
          for (const { account } of chain.providers) {
            const parts = plan.sessions.filter(one => one.provider === account && one.senders.includes(index)).length
            const heartbeats = plan.receiversOf(account).includes(index) ? 1 : 0
            expect(2 * (parts + heartbeats)).to.be.at.most(tokensNeeded(DEVNET, verifiers, 1))
          }
        }
      }
    }
  })

  it('are few where the set is large: one verifier alone cannot fill a provider’s day', () => {
    expect(tokenAllowance(DEVNET, 5)).to.equal(78)
    expect(tokenAllowance(REAL, 191)).to.be.lessThan(300)
  })

  it('do not grow with the set', () => {
    for (let verifiers = 31; verifiers < 191; verifiers++) {
      expect(tokenAllowance(REAL, verifiers + 1)).to.be.at.most(tokenAllowance(REAL, verifiers))
    }
  })
})
