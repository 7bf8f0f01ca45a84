import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Forwarding, loadForwarding, type Packet } from '../../../../probe/plane/forwarding.js'
import { DATAGRAM_BYTES, IP_DATAGRAM_BYTES } from '../../../../proto/datagram.js'
import type { RelayOpen } from '../../../../proto/messages.js'
import type { ForwardingOptions, ProviderHistory, Sales } from '../../profile.js'
import { MARKET_CHEATS } from '../../profiles.js'
import { Books, readBooks } from '../books.js'

const CLAIM_KBPS = 25_000
const SEED = '7/provider-3'

describe('a provider that cheats users', () => {
  let directory: string
  let options: ForwardingOptions
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-books-'))
    options = { claimKbps: CLAIM_KBPS, seed: SEED, sharedDir: join(directory, 'shared') }
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const load = (name: keyof typeof MARKET_CHEATS): Promise<Forwarding> =>
    loadForwarding(MARKET_CHEATS[name].forwarding!(options))

  const data = (paid: boolean, session = 1): Packet => ({
    ...{ bytes: Buffer.alloc(DATAGRAM_BYTES), length: DATAGRAM_BYTES, session, paid },
    ...{ reserved: true, opener: '', rateKbps: 10_000, ageMs: 0 },
  })

  /** How many of 4000 datagrams in a second go on. */
  const passed = ({ forward }: Forwarding, paid: boolean, fromMs = 0): number => {
    let count = 0
    for (let i = 0; i < 4000; i++) if (forward(data(paid), fromMs + i / 4) !== 'drop') count++
    return count
  }

  it('as a tollgate carries all until a session pays, and then a tenth of its claim', async () => {
    const tollgate = await load('tollgate')
    expect(tollgate.admit({} as RelayOpen, 0, '')).to.equal(true)
    const ping = { ...data(true), length: 100 }
    expect(tollgate.forward({ ...ping, paid: false }, 0)).to.equal('now')
    expect(passed(tollgate, false)).to.equal(4000)
    expect(passed(tollgate, true, 1000), 'as long as all of its datagrams are full').to.equal(4000)
    expect(tollgate.forward(ping, 2000)).to.equal('now')
    passed(tollgate, true, 2000)
    const kbps = (passed(tollgate, true, 3000) * IP_DATAGRAM_BYTES * 8) / 1000
    expect(kbps).to.be.closeTo(CLAIM_KBPS / 10, CLAIM_KBPS / 200)
    for (let i = 0; i < 1000; i++) expect(tollgate.forward(ping, 4000)).to.equal('now')
    expect(tollgate.bill!(1, 500)).to.equal(500)
  })

  it('as a padder bills half as much again, and as a repeater sends all twice', async () => {
    const [padder, repeater] = [await load('padder'), await load('repeater')]
    expect(padder.forward(data(true), 0)).to.equal('now')
    expect(padder.bill!(1, 1001)).to.equal(1501)
    expect(repeater.forward(data(false), 0)).to.equal('twice')
    expect(repeater.bill!(1, 2456)).to.equal(2456)
  })

  it('keeps books of the sessions that paid, each datagram once, which others do not see', async () => {
    const books = new Books(options)
    expect(readBooks(options), 'before the first receipt').to.equal(undefined)
    books.see(data(false, 1), true)
    books.see(data(true, 1), true)
    books.see(data(true, 1), false)
    books.see(data(false, 2), true)
    books.bill(1, 4 * IP_DATAGRAM_BYTES)
    books.bill(2, 2 * IP_DATAGRAM_BYTES)
    await books.written
    expect(readBooks(options)).to.deep.equal({
      carriedBytes: 2 * IP_DATAGRAM_BYTES,
      billedBytes: 4 * IP_DATAGRAM_BYTES,
    })
    expect(readBooks({ ...options, seed: '7/provider-4' })).to.equal(undefined)
    expect(readBooks({ ...options, sharedDir: '/nowhere' })).to.equal(undefined)
  })

  it('breaks its promise by a wei beyond the price of what it carried, and by what breaks an honest one’s', () => {
    const history = (sales: Sales | undefined): ProviderHistory => ({
      ...{ claimKbps: CLAIM_KBPS, deliversKbps: CLAIM_KBPS, epochsRun: 3, ofThisProfile: 1, allVerifiersHonest: true },
      ...{ leaves: [], settlements: [], stakeBefore: 1n, stakeAfter: 1n, goneFromEpoch: undefined, sales },
    })
    const books = { carriedBytes: 1, billedBytes: 2 }
    for (const { broken } of Object.values(MARKET_CHEATS)) {
      expect(broken(history(undefined))).to.deep.equal([])
      expect(broken(history({ revenue: 10n, owed: 10n, books }))).to.deep.equal([])
      expect(broken(history({ revenue: 11n, owed: 10n, books })).join()).to.include('paid 11 wei for what costs 10')
      expect(broken({ ...history(undefined), stakeAfter: 0n }).join()).to.include('lost 1 wei')
    }
  })
})
