import { expect } from 'chai'
import type { ClientResult } from '../../../../market/client-result.js'
import type { ProviderResult, ResultEvent, SalesResult } from '../../../../network/events.js'
import { completed, failuresOf, isKept, notesOf, rowsOf, verdictOf } from '../result.js'

const NO_BOOKS = { carriedBytes: null, billedBytes: null, owed: null }

const provider = (profile: string, sales: Partial<SalesResult>, scoreBps = 8000): ProviderResult =>
  ({ profile, scoreBps, sales: { revenue: '0', ...NO_BOOKS, ...sales } }) as ProviderResult

function run(
  name: string,
  providers: readonly ProviderResult[],
  clients: readonly Partial<ClientResult>[] = [],
  failures: readonly string[] = [],
) {
  return { name, result: { providers, clients, failures } as ResultEvent }
}

const honest = [provider('honest', {}), provider('honest', { revenue: '9000000000000000001' })]
const tollgate = (revenue: string, scoreBps = 8000, carriedBytes = 5) =>
  run('tollgate', [...honest, provider('tollgate', { revenue, carriedBytes, billedBytes: 5, owed: '900' }, scoreBps)])
const padder = (revenue: string, billedBytes = 15) =>
  run('bills', [...honest, provider('padder', { revenue, carriedBytes: 10, billedBytes, owed: '100' })])

describe('the verdict of bench cheat --market', () => {
  it('has less revenue for a tollgate than for the honest provider beside it, and no higher score', () => {
    expect(failuresOf(tollgate('9000000000000000000', 8100))).to.deep.equal([])
    expect(failuresOf(tollgate('9000000000000000001')).join()).to.match(/revenue 9000000000000000001 wei, bound/)
    expect(failuresOf(tollgate('5', 8101)).join()).to.match(/score 8101 bps, bound 8100/)
  })

  it('has nothing paid beyond what was carried', () => {
    expect(failuresOf(padder('100'))).to.deep.equal([])
    expect(failuresOf(padder('101')).join()).to.match(/paid 101 wei, bound 100/)
  })

  it('passes no cheat that did not cheat, and no run that failed', () => {
    expect(failuresOf(padder('100', 10)).join()).to.include('hardly billed more')
    expect(failuresOf(tollgate('5', 8000, 0)).join()).to.include('proves nothing')
  })

  it('fails for what a client did not get, and only notes what the network did not keep', () => {
    const failures = ['client-1 (freeloader) failed: it died.', 'provider-1 (honest) was certified at 9.']
    const failed = run('clients', honest, [{ name: 'client-1', profile: 'freeloader', taken: [] }], failures)
    expect(failuresOf(failed)).to.deep.equal([failures[0]])
    expect(notesOf(failed)).to.deep.equal([failures[1]])
  })

  it('holds what users took to the bounds of the run', () => {
    const taken = (bytes: number) =>
      run('clients', honest, [{ profile: 'overspender', taken: [{ what: 'of it', bytes, mostBytes: 7 }] }])
    expect(rowsOf(taken(7)).map(isKept)).to.deep.equal([true])
    expect(rowsOf(taken(8)).map(isKept)).to.deep.equal([false])
    const rows = rowsOf(taken(7))
    const network = { name: 'clients', rows, failures: [], notes: [], minutes: 1 }
    expect(verdictOf([network])).to.equal('PASS cheat --market: all 1 bounds hold')
    expect(verdictOf([network, { ...network, failures: ['It broke.'] }])).to.equal('FAIL cheat --market: It broke.')
  })

  it('completes an earlier result with the networks that ran again', () => {
    const network = (name: string, minutes: number) => ({ name, minutes, rows: [], failures: [], notes: [] })
    const [old, again, other] = [network('bills', 1), network('bills', 2), network('tollgate', 3)]
    expect(completed([old, other], [again])).to.deep.equal([other, again])
  })
})
