import { expect } from 'chai'
import { DEVNET } from '../../../../proto/params.js'
import { facts } from '../../test/samples.js'
import { assign } from '../assign.js'
import { heartbeatTokens, tokenAllowance, tokensHeld, tokensNeeded } from '../token-need.js'

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

  it('last from an order at the beginning of an epoch to one at the end of the next', () => {
    for (const verifiers of [4, 7, 40]) {
      const uses = [1, 2, 3, 4, 5, 6, 7, 8].map(epoch => {
        const chain = facts({ verifiers, providers: 3, beacon: `${epoch}` })
        const { sessions } = assign(chain, DEVNET)
        const [{ account }] = chain.providers as [(typeof chain.providers)[0]]
        const parts = sessions.filter(one => one.provider === account).flatMap(({ senders }) => senders)
        return chain.verifiers.map(
          ({ index }) => 2 * parts.filter(sender => sender === index).length + heartbeatTokens(DEVNET),
        )
      })
      for (const [i, used] of uses.slice(1).entries()) {
        const most = Math.max(...used.map((tokens, verifier) => tokens + uses[i]![verifier]!))
        expect(most).to.be.at.most(tokensHeld(DEVNET, verifiers))
      }
    }
  })

  it('are few where the set is large: one verifier alone cannot fill a provider’s day', () => {
    expect(tokenAllowance(DEVNET, 5)).to.equal(91)
    expect(tokenAllowance(REAL, 191)).to.be.lessThan(300)
  })

  it('do not grow with the set', () => {
    for (let verifiers = 31; verifiers < 191; verifiers++) {
      expect(tokenAllowance(REAL, verifiers + 1)).to.be.at.most(tokenAllowance(REAL, verifiers))
    }
  })
})
