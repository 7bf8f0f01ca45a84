/** Attack: strangers fill a provider's connections and handshakes, so that verifiers find no room. */
import { expect } from 'chai'
import { ConnectionPool } from '../connection-pool.js'

const VERIFIER = '192.0.2.200'
const HOUR_MS = 3_600_000

class Rig {
  nowMs = HOUR_MS
  readonly open = new Set<string>()
  readonly pool = new ConnectionPool(() => this.nowMs)
  #ports = 0

  /** @returns the connection's name, or undefined if it was denied */
  connect(host: string): string | undefined {
    const remote = `${host} ${++this.#ports}`
    if (!this.pool.admit(remote, host, () => this.open.delete(remote))) return undefined
    this.open.add(remote)
    return remote
  }

  /** Each host connects `perSecond` times a second, for some seconds. */
  flood(hosts: readonly string[], perSecond: number, seconds: number): void {
    for (let i = 0; i < perSecond * seconds; i++) {
      for (const host of hosts) this.connect(host)
      this.nowMs += 1000 / perSecond
    }
  }

  openFrom = (host: string): number => [...this.open].filter(remote => remote.startsWith(`${host} `)).length
}

const hosts = (count: number) => Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`)

describe('a provider’s connections', () => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig()
    rig.pool.know(VERIFIER)
  })

  it('are few for each host and few in all, from 64 hosts and from 1000', () => {
    for (const count of [64, 1000]) {
      rig.flood(hosts(count), 10, 30)
      expect(rig.open.size, `${count}`).to.be.at.most(256)
      expect(rig.pool.size).to.equal(rig.open.size)
      for (const host of hosts(count)) expect(rig.openFrom(host)).to.be.at.most(8)
    }
  })

  it('leave room for verifiers whenever they come', () => {
    rig.flood(hosts(1000), 10, 30)
    const late = rig.connect(VERIFIER)
    expect(late).to.not.equal(undefined)
    rig.flood(hosts(1000), 10, 5)
    expect(rig.open.has(late!), 'while it has not opened a session yet').to.equal(true)
  })

  it('that carry reserved sessions stay, even beside a flood from their own host', () => {
    const kept = rig.connect(VERIFIER)!
    const ends = [rig.pool.serve(kept), rig.pool.reserve(kept)]
    rig.flood([VERIFIER, ...hosts(1000)], 100, 10)
    rig.nowMs += HOUR_MS
    rig.pool.sweep()
    expect([...rig.open]).to.deep.equal([kept])
    for (const end of ends) end()
    rig.pool.sweep()
    expect(rig.open.has(kept), 'it may still be used again').to.equal(true)
    rig.nowMs += 20_000
    rig.pool.sweep()
    expect(rig.open.size).to.equal(0)
  })

  it('that open too many sessions end, unless they carry a reserved one', () => {
    const [abusive, reserved] = [rig.connect('10.0.0.1')!, rig.connect(VERIFIER)!]
    rig.pool.reserve(reserved)
    for (const remote of [abusive, reserved]) rig.pool.drop(remote)
    expect([rig.open.has(abusive), rig.open.has(reserved)]).to.deep.equal([false, true])
  })

  it('of a host make room for its own newer ones, the oldest first', () => {
    const first = rig.connect('10.0.0.1')!
    for (let i = 0; i < 8; i++) {
      rig.nowMs += 1000
      rig.connect('10.0.0.1')
    }
    expect(rig.open.has(first)).to.equal(false)
    expect(rig.openFrom('10.0.0.1')).to.equal(8)
  })

  it('make room at the host that has most, and not at the one that has one', () => {
    const single = rig.connect('10.9.9.9')!
    rig.flood(hosts(64), 10, 30)
    expect(rig.open.has(single)).to.equal(true)
  })

  it('end when they are idle, and not while they serve a stream', () => {
    const [idle, serving] = [rig.connect('10.0.0.1')!, rig.connect('10.0.0.2')!]
    rig.pool.serve(serving)
    rig.nowMs += 11_000
    rig.pool.sweep()
    expect([rig.open.has(idle), rig.open.has(serving)]).to.deep.equal([false, true])
  })

  it('count the addresses of an IPv6 /64 as one host', () => {
    for (let i = 0; i < 40; i++) {
      rig.nowMs += 1000
      rig.connect(`2001:db8::${(i + 1).toString(16)}`)
    }
    expect(rig.open.size).to.equal(8)
  })

  it('are forgotten when they end by themselves', () => {
    const gone = rig.connect('10.0.0.1')!
    rig.pool.gone(gone)
    expect(rig.pool.size).to.equal(0)
    rig.pool.reserve(gone)()
    rig.pool.serve(gone)()
    expect(rig.pool.size).to.equal(0)
  })
})
