import { expect } from 'chai'
import { CHALLENGES_PER_HOST, ECHOED_HOSTS_KEPT } from '../../constants.js'
import { ChallengeCap } from '../challenge-cap.js'

/** How many challenges the cap lets through, of twice the most. */
function taken(cap: ChallengeCap, host: string, nowMs: number): number {
  let count = 0
  for (let i = 0; i < 2 * CHALLENGES_PER_HOST; i++) if (cap.take(host, nowMs)) count++
  return count
}

describe('challenge cap', () => {
  it('holds for each host and each second', () => {
    const cap = new ChallengeCap()
    expect(taken(cap, '192.0.2.1', 5_000)).to.equal(CHALLENGES_PER_HOST)
    expect(taken(cap, '192.0.2.1', 5_999)).to.equal(0)
    expect(taken(cap, '192.0.2.2', 5_999), 'another host').to.equal(CHALLENGES_PER_HOST)
    expect(taken(cap, '192.0.2.1', 6_000), 'the next second').to.equal(CHALLENGES_PER_HOST)
  })

  it('knows an address however it is written', () => {
    const cap = new ChallengeCap()
    expect(taken(cap, '2001:db8::1', 0)).to.equal(CHALLENGES_PER_HOST)
    expect(taken(cap, '2001:DB8:0:0::0001', 0)).to.equal(0)
  })

  it('counts an IPv6 /64 as one host, since one machine may hold all its addresses', () => {
    const cap = new ChallengeCap()
    expect(taken(cap, '2001:db8::1', 0)).to.equal(CHALLENGES_PER_HOST)
    expect(taken(cap, '2001:db8::2', 0)).to.equal(0)
    expect(taken(cap, '2001:db8:0:1::1', 0), 'another /64').to.equal(CHALLENGES_PER_HOST)
  })

  it('ends with a host’s first echo, so strangers cannot use up what its honest sessions need', () => {
    const cap = new ChallengeCap()
    expect(taken(cap, '2001:db8::1', 0)).to.equal(CHALLENGES_PER_HOST)
    cap.echoed('2001:db8:0::1')
    expect(taken(cap, '2001:db8::1', 0)).to.equal(2 * CHALLENGES_PER_HOST)
  })

  it('forgets the host whose echo is longest ago', () => {
    const cap = new ChallengeCap()
    const hosts = Array.from({ length: ECHOED_HOSTS_KEPT + 1 }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`)
    for (const host of [...hosts.slice(0, -1), hosts[0]!, hosts.at(-1)!]) cap.echoed(host)
    expect(taken(cap, hosts[0]!, 0)).to.equal(2 * CHALLENGES_PER_HOST)
    expect(taken(cap, hosts[1]!, 0)).to.equal(CHALLENGES_PER_HOST)
  })
})
