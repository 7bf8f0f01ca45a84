import { expect } from 'chai'
import { CREDIT_BYTES } from '../../../market/exit/meter.js'
import { priceOf } from '../../../proto/voucher.js'
import { type ClientRecord, clientFailures, clientResult } from '../client-result.js'
import { planClients } from '../plan.js'
import { takenByNonpayer } from '../taken.js'

const GIB = 2 ** 30
const PRICE = 1000n
const [client] = planClients(['honest'], 'result', '/nowhere')

type Loaded = Extract<ClientRecord, { readonly isWhole: boolean }>

function loaded(more: Partial<Loaded> = {}, redeemed = priceOf(3 * GIB, PRICE)): ClientRecord {
  return {
    client: client!,
    loaded: { bytes: 2 * GIB, sha256: 'ab', longestGapMs: 30, seconds: 9 },
    isWhole: true,
    status: {
      exit: { account: '0x', address: 'x:1', isOpen: true, carriedBytes: GIB, paidBytes: GIB },
      ...{ legs: [], provenBytes: 2 * GIB, paidBytes: 2 * GIB, unpaidBytes: 0, spent: `${redeemed}` },
      ...{ switches: 1, lastSwitch: null },
    },
    settled: { deposited: 9000n, redeemed, returned: 9000n - redeemed, open: 0 },
    price: PRICE,
    ...more,
  }
}

describe('the result of a client', () => {
  it('is what it proved, signed and lost', () => {
    expect(clientFailures(loaded())).to.deep.equal([])
    expect(clientResult(loaded())).to.include({ provenBytes: 3 * GIB, signed: '3000', redeemed: '3000', switches: 1 })
  })

  it('attack: a wei more than its bytes cost, or one back that it had signed away, fails the run', () => {
    expect(clientFailures(loaded({}, 3001n))).to.deep.equal(['client-1 (honest) paid 3001 wei for what costs 3000.'])
    const settled = { deposited: 9000n, redeemed: 2000n, returned: 7000n, open: 0 }
    expect(clientFailures(loaded({ settled }))).to.deep.equal([
      'client-1 (honest) got 1000 wei back that it had signed away.',
    ])
  })

  it('fails for a wrong page, a channel that does not close, and a client that proved nothing', () => {
    expect(clientFailures(loaded({ isWhole: false })).join()).to.include('which is wrong')
    const settled = { deposited: 9000n, redeemed: 3000n, returned: 0n, open: 2 }
    expect(clientFailures(loaded({ settled })).join()).to.include('could not close 2 channels')
    expect(clientFailures({ client: client!, fault: 'it died' })).to.deep.equal(['client-1 (honest) failed: it died.'])
  })

  it('lets a nonpayer have its credit, and no byte more', () => {
    const took = (receivedBytes: number): ClientRecord => ({
      client: client!,
      taken: takenByNonpayer({ event: 'nonpayer', receivedBytes, provenBytes: 0 }),
      ...{ carriedBytes: receivedBytes, settled: undefined, faults: [] },
    })
    expect(clientFailures(took(CREDIT_BYTES))).to.deep.equal([])
    expect(clientFailures(took(CREDIT_BYTES + 1))).to.have.length(1)
    expect(clientFailures(took(0)).join()).to.include('proved nothing')
  })
})
