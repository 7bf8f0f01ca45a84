import { expect } from 'chai'
import { FREE_TOKENS } from '../../../market/provider/payer-tokens.js'
import { strangersCredit } from '../../../market/provider/strangers-credit.js'
import { PAID_WINDOW_BYTES } from '../../../probe/constants.js'
import { shapeOf } from '../../../probe/verdict/session-shape.js'
import { DEVNET } from '../../../proto/params.js'
import { takenByFreeloader, takenByOverspender } from '../taken.js'

const TERMS = { params: { ...DEVNET, epochSeconds: 20 }, claimKbps: 25_000 }
const REPORT = {
  event: 'freeloader',
  ...{ strangerBytes: 7, strangerSessions: 1, outOfCredit: 1, tokenBytes: 9, tokens: 8 },
} as const

describe('what cheating clients take', () => {
  it('has the credit of each period that it touched, and the tokens of each era', () => {
    const credit = strangersCredit(TERMS.params, TERMS.claimKbps).bytes
    const [stranger, token] = takenByFreeloader({ ...REPORT, strangerSeconds: 39, eras: 2 }, TERMS)
    expect(stranger).to.include({ bytes: 7, mostBytes: 3 * credit })
    expect(token).to.include({ bytes: 9, mostBytes: 2 * FREE_TOKENS * shapeOf(TERMS.claimKbps).budgetBytes })
    const [longer] = takenByFreeloader({ ...REPORT, strangerSeconds: 41, eras: 1 }, TERMS)
    expect(longer!.mostBytes, 'late in a first period, over two, and early in a fourth').to.equal(4 * credit)
  })

  it('is what was delivered beyond a deposit, and at most W for each session', () => {
    const payee = { payee: '0xaa', depositBytes: 100, signedBytes: 900 } as const
    const payees = [
      { ...payee, sessions: 2, deliveredBytes: 500 },
      { ...payee, sessions: 1, deliveredBytes: 80 },
    ]
    const taken = takenByOverspender({ event: 'overspender', payees }, TERMS)
    expect(taken.map(({ bytes, mostBytes }) => [bytes, mostBytes])).to.deep.equal([
      [400, 2 * PAID_WINDOW_BYTES],
      [0, PAID_WINDOW_BYTES],
    ])
  })
})
