/** Attack: strangers open sessions as fast as they can, since each costs the provider a curve operation or a signature. */
import { expect } from 'chai'
import { KNOWN_HOSTS_KEPT } from '../../constants.js'
import { HostLimit } from '../host-limit.js'

const RATES = { host: 2, all: 50, known: 20 }
const VERIFIER = '192.0.2.200'
const hosts = (count: number) => Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 0xff}.${i & 0xff}`)

/** The openings that pass if each host opens `perSecond` sessions a second for `seconds`. */
function passed(limit: HostLimit, from: readonly string[], perSecond: number, seconds: number): number {
  let count = 0
  for (let i = 0; i < perSecond * seconds; i++)
    for (const host of from) if (limit.take(host, (i * 1000) / perSecond)) count++
  return count
}

describe('a limit on what hosts cost', () => {
  it('holds for each host: a burst, and then its rate', () => {
    expect(passed(new HostLimit(RATES), ['10.0.0.1'], 100, 10)).to.be.within(2 * 10, 2 * 14)
  })

  it('holds for 64 hosts, and for 10,000 alike', () => {
    for (const count of [64, 10_000]) {
      expect(passed(new HostLimit(RATES), hosts(count), 2, 10), `${count}`).to.be.within(50 * 10, 50 * 14 + 1)
    }
  })

  it('counts the addresses of an IPv6 /64 as one host', () => {
    const limit = new HostLimit(RATES)
    const addresses = Array.from({ length: 100 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
    expect(passed(limit, addresses, 1, 1)).to.equal(2 * 4)
  })

  it('leaves a verifier’s openings alone, whatever strangers do', () => {
    const limit = new HostLimit(RATES)
    limit.know(VERIFIER)
    passed(limit, hosts(1000), 10, 10)
    expect(limit.take('10.9.9.9', 9_900), 'a new stranger').to.equal(false)
    expect(limit.take(VERIFIER, 9_900)).to.equal(true)
  })

  it('takes back an opening that was a verifier’s: any number of them may come at once from one address', () => {
    const limit = new HostLimit(RATES)
    for (let i = 0; i < 1000; i++) {
      expect(limit.take(VERIFIER, 0)).to.equal(true)
      limit.refund(VERIFIER)
    }
  })

  it('also holds for a stranger at a verifier’s address', () => {
    const limit = new HostLimit(RATES)
    limit.know(VERIFIER)
    expect(passed(limit, [VERIFIER], 100, 10)).to.be.within(20 * 10, 20 * 14)
  })

  it('forgets the verifier’s host that was heard of longest ago', () => {
    const limit = new HostLimit({ ...RATES, all: 1 })
    for (const host of [VERIFIER, ...hosts(KNOWN_HOSTS_KEPT)]) limit.know(host)
    for (let i = 0; i < 4; i++) limit.take('10.9.9.9', 0)
    expect(limit.take('10.0.0.1', 0), 'known').to.equal(true)
    expect(limit.take(VERIFIER, 0), 'no longer known').to.equal(false)
  })
})
