/** What a node gives over sync to those who ask without end: by a clock that the test moves, and over real streams. */
import { expect } from 'chai'
import type { Peer } from '../libp2p.js'
import { type SyncSource, serveSync, syncFrom } from '../sync.js'
import { type Serving, SyncQuota } from '../sync-quota.js'
import { addressOf, silent, withPeers } from './network.js'

const MIB = 1024 * 1024

describe('quota of sync', () => {
  let nowMs: number
  let quota: SyncQuota
  beforeEach(() => {
    nowMs = 5
    quota = new SyncQuota(peerId => peerId.startsWith('verifier'), { now: () => nowMs })
  })

  /** How many answers an asker gets one after the other, before it is refused. */
  function taken(peerId: string, bytes: number, most = 10_000): number {
    for (let count = 0; count < most; count++) {
      const serving = quota.begin(peerId)
      if (serving === undefined) return count
      serving.spend(bytes)
      serving.end()
    }
    return most
  }

  it('holds all ballots of an epoch with 191 verifiers', () => {
    expect(taken('verifier 1', 256 * 1024, 191)).to.equal(191)
  })

  it('attack: a verifier that asks without end gets a burst, and then 128 kB a second', () => {
    expect(taken('verifier 1', MIB)).to.equal(64)
    expect(taken('verifier 2', MIB), 'another is served').to.equal(64)
    nowMs += 60_000
    expect(taken('verifier 1', MIB)).to.be.within(7, 8)
    nowMs += 3_600_000
    expect(taken('verifier 1', MIB), 'a burst is the most').to.equal(64)
  })

  it('attack: requests for what nobody has cost as well', () => {
    expect(taken('verifier 1', 0, 100_000)).to.equal(64 * 256)
  })

  it('gives one answer of any size, which is then paid off', () => {
    expect(taken('verifier 1', 1024 * MIB)).to.equal(1)
    nowMs += 3_600_000
    expect(taken('verifier 1', 1)).to.equal(0)
    nowMs += 2 * 3_600_000
    expect(taken('verifier 1', MIB)).to.equal(64)
  })

  it('attack: a thousand strangers have no more than one verifier', () => {
    const all = Array.from({ length: 1000 }, (_, i) => taken(`stranger ${i}`, MIB)).reduce((a, b) => a + b)
    expect(all).to.equal(64)
    expect(taken('verifier 1', MIB)).to.equal(64)
  })

  it('attack: an asker that does not read has six streams', () => {
    const open = Array.from({ length: 20 }, () => quota.begin('verifier 1')).filter(one => one !== undefined)
    expect(open).to.have.length(6)
    expect(quota.begin('verifier 2')).not.to.equal(undefined)
    for (const serving of open as Serving[]) serving.end()
    expect(quota.begin('verifier 1')).not.to.equal(undefined)
  })

  it('resets the stream of an asker beyond its quota, and goes on serving others', async () => {
    await withPeers(3, async (stranger, verifier, server) => {
      const source = { ballot: async () => [new Uint8Array(100)] } as unknown as SyncSource
      const known = verifier!.peerId.toString()
      const own = new SyncQuota(peerId => peerId === known, { now: () => nowMs })
      await serveSync(server!, source, { quota: own, onMute: () => {}, log: silent })
      const ask = (client: Peer) => {
        const request = { ballot: new Uint8Array(32) }
        const limits = { items: 1, itemBytes: 100 }
        const signal = AbortSignal.timeout(60_000)
        return syncFrom(client, addressOf(server!), request, limits, signal, async items => {
          for await (const { length } of items) return length
          return 0
        }).catch(error => error.code)
      }
      own.begin('another stranger')!.spend(64 * MIB)
      expect(await ask(stranger!)).to.equal('broken')
      for (let i = 0; i < 8; i++) expect(await ask(verifier!), 'each stream ends').to.equal(100)
      nowMs += 3_600_000
      expect(await ask(stranger!)).to.equal(100)
    })
  })
})
