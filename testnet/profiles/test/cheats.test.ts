import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { expect } from 'chai'
import { type Forwarding, loadForwarding, type Packet } from '../../../probe/plane/forwarding.js'
import { shareKbps } from '../../../probe/verdict/share.js'
import { DATAGRAM_BYTES, HEADER_BYTES, TAG_BYTES } from '../../../proto/datagram.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { RelayOpen } from '../../../proto/messages.js'
import type { ProviderHistory } from '../profile.js'
import { CHEATS, type CheatName } from '../profiles.js'

const CLAIM_KBPS = 25_000
const SHARE_KBPS = shareKbps(CLAIM_KBPS, 3)

describe('a cheat', () => {
  let sharedDir: string
  before(() => {
    sharedDir = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
  })
  after(() => rmSync(sharedDir, { recursive: true }))

  const load = (name: CheatName, seed = 'a'): Promise<Forwarding> =>
    loadForwarding(CHEATS[name].forwarding!({ seed, claimKbps: CLAIM_KBPS, sharedDir }))

  const data = (over: Partial<Packet> = {}): Packet => ({
    bytes: Buffer.alloc(DATAGRAM_BYTES, 7),
    length: DATAGRAM_BYTES,
    session: 1,
    reserved: true,
    paid: false,
    opener: '',
    rateKbps: SHARE_KBPS,
    ageMs: 0,
    ...over,
  })

  /**
   * kbit/s that pass of three senders at their shares.
   * @param sees is given each datagram and its verdict
   * @param over what is particular about a sender's datagrams
   */
  function passed(
    { forward }: Forwarding,
    forMs: number,
    fromMs = 0,
    sees: (packet: Packet, verdict: ReturnType<Forwarding['forward']>, nowMs: number) => void = () => {},
    over: (sender: number) => Partial<Packet> = () => ({}),
  ): number {
    const gapMs = ((DATAGRAM_BYTES + 28) * 8) / (3 * SHARE_KBPS)
    let bytes = 0
    for (let i = 0; i * gapMs < forMs; i++) {
      const packet = data({ session: 1 + (i % 3), ...over(i % 3) })
      const verdict = forward(packet, fromMs + i * gapMs)
      if (verdict !== 'drop') bytes += packet.length + 28
      sees(packet, verdict, fromMs + i * gapMs)
    }
    return (bytes * 8) / forMs
  }

  for (const name of Object.keys(CHEATS) as CheatName[]) {
    it(`${name} takes sessions of a probe's size, and describes itself`, async () => {
      const { admit } = await load(name)
      expect(admit({ nextHopPort: 4000 } as RelayOpen, 0, '')).to.equal(true)
      expect(CHEATS[name].describe).to.match(/^[a-z]/)
    })
  }

  it('with a bucket is fast until the bucket is empty', async () => {
    for (const [name, seconds] of [
      ['bucket', 1.7],
      ['bigbucket', 7],
    ] as const) {
      const forwarding = await load(name)
      expect(passed(forwarding, seconds * 1000), name).to.be.closeTo(3 * SHARE_KBPS, 100)
      passed(forwarding, 1000, seconds * 1000)
      expect(passed(forwarding, 2000, seconds * 1000 + 1000), name).to.be.closeTo(CLAIM_KBPS / 5, 100)
    }
  })

  it('that invents data changes nothing else', async () => {
    for (const name of ['guesser', 'replayer', 'truncater'] as const) {
      const forwarding = await load(name)
      let made = 0
      passed(forwarding, 500, 0, (packet, verdict) => {
        expect(verdict).to.equal('now')
        expect(packet.bytes.readUInt8(0)).to.equal(7)
        if (packet.length < DATAGRAM_BYTES) made++
      })
      if (name === 'truncater') expect(made).to.be.greaterThan(100)
    }
    const { forward } = await load('guesser')
    // More than the link's short queue takes at once.
    for (let i = 0; i < 200; i++) forward(data({ bytes: Buffer.alloc(DATAGRAM_BYTES, 1) }), 0)
    const guessed = data({ bytes: Buffer.alloc(DATAGRAM_BYTES, 2) })
    forward(guessed, 0)
    expect(guessed.bytes[DATAGRAM_BYTES - 1]).to.equal(1)
    expect(guessed.bytes[HEADER_BYTES - 1], 'the header stays').to.equal(2)
  })

  it('that rewrites sequence numbers changes nothing else, and carries 60 %', async () => {
    const changed: number[] = []
    const rate = passed(await load('rewriter'), 2000, 0, ({ bytes }, verdict) => {
      if (verdict === 'now' && bytes.readUIntBE(TAG_BYTES + 1, 3) !== 0x070707) changed.push(bytes.readUIntBE(9, 3))
      expect([bytes[TAG_BYTES], bytes[HEADER_BYTES - 1]]).to.deep.equal([7, 7])
    })
    expect(rate).to.be.closeTo(0.6 * CLAIM_KBPS, 0.03 * CLAIM_KBPS)
    expect(changed.length).to.be.greaterThan(3)
    expect(new Set(changed)).to.deep.equal(new Set([0x070707 + 31 * 52]))
  })

  it('that makes up a sender passes all of its data, with nothing in them that came in', async () => {
    let invented = 0
    const rate = passed(await load('inventor'), 1000, 0, ({ bytes, session }, verdict) => {
      if (session !== 3) return
      expect(verdict).to.equal('now')
      expect(bytes[0]).to.equal(7)
      if (!bytes.subarray(TAG_BYTES).every(byte => byte === 7)) invented++
    })
    expect(invented).to.be.greaterThan(100)
    expect(rate).to.be.closeTo(0.6 * CLAIM_KBPS + SHARE_KBPS, 0.05 * CLAIM_KBPS)
  })

  it('that chooses refuses one sender of three, and no heartbeats', async () => {
    const { admit } = await load('chooser')
    const isTaken = (nextHopPort: number, atMs: number) => admit({ nextHopPort } as RelayOpen, atMs, '') === true
    expect([0, 50, 100].map(ms => isTaken(4000, ms))).to.deep.equal([true, false, true])
    expect([isTaken(4001, 110), isTaken(4000, 1000), isTaken(4000, 9000)]).to.deep.equal([true, true, true])
  })

  it('that rents for long sessions carries 60 % of short ones, and a sprinter 60 % of long ones', async () => {
    const [SHORT_MS, LONG_MS] = [3_000, 7_000]
    for (const [name, short, long] of [
      ['renter', 0.6, 1],
      ['sprinter', 1, 0.6],
    ] as const) {
      for (const [ageMs, share] of [
        [SHORT_MS, short],
        [LONG_MS, long],
      ] as const) {
        const rate = passed(await load(name), 1000, 0, undefined, () => ({ ageMs }))
        expect(rate, `${name} at ${ageMs} ms`).to.be.closeTo(share * CLAIM_KBPS, 0.05 * CLAIM_KBPS)
      }
    }
  })

  it('with a lane for verifiers is fast for peers that come again, and so for no session of a throw-away key', async () => {
    const forwarding = await load('vip')
    const session = (first: number, opener: (sender: number) => string) => {
      const rate = passed(forwarding, 1000, 2000 * first, undefined, sender => ({
        session: first + sender,
        opener: opener(sender),
      }))
      return rate / CLAIM_KBPS
    }
    for (const first of [0, 3, 6]) expect(session(first, sender => `fresh ${first + sender}`)).to.be.closeTo(0.6, 0.05)
    expect(session(9, sender => `fresh ${sender}`)).to.be.closeTo(1, 0.06)
  })

  it('that is hollow passes what comes as rarely as heartbeats', async () => {
    const forwarding = await load('hollow')
    expect(passed(forwarding, 2000)).to.be.within(1, 0.01 * CLAIM_KBPS)
    for (let nowMs = 10_000; nowMs < 15_000; nowMs += 500) expect(forwarding.forward(data(), nowMs)).to.equal('now')
  })

  it('that plays with time still brings in 60 %', async () => {
    for (const name of ['delayer', 'reorderer', 'stretcher'] as const) {
      const forwarding = await load(name)
      passed(forwarding, 200)
      expect(passed(forwarding, 1000, 200), name).to.be.closeTo(0.6 * CLAIM_KBPS, 150)
    }
    const { forward } = await load('delayer')
    const leaves = [0, 400, 800, 1200].map(ms => ms + (forward(data(), ms) as { holdMs: number }).holdMs)
    expect(leaves).to.deep.equal([600, 800, 1000, 1200])
  })

  it('that forges receipts lets its relay count data that no receiver gets', async () => {
    let undelivered = 0
    let total = 0
    passed(await load('forger'), 1000, 0, ({ bytes }, verdict) => {
      expect(verdict).to.equal('now')
      total++
      if (bytes.readBigUInt64BE(0) === 0n) undelivered++
    })
    expect(1 - undelivered / total).to.be.closeTo(0.6 / 1.65, 0.03)
  })

  it('with a friend serves the friend first, and no more than its link carries', async () => {
    const accomplice = await load('accomplice')
    const ofSlot = [0, 0, 0]
    expect(
      passed(accomplice, 1000, 0, ({ session }, verdict) => {
        if (verdict === 'now') ofSlot[session - 1]!++
      }),
    ).to.be.closeTo(0.6 * CLAIM_KBPS, 0.05 * CLAIM_KBPS)
    expect(ofSlot[0]!).to.be.greaterThan(5 * ofSlot[1]!)

    const crony = await load('crony')
    const session = (id: number, atMs: number) => {
      let taken = 0
      for (let ms = 0; ms < 500; ms += 0.25) if (crony.forward(data({ session: id }), atMs + ms) === 'now') taken++
      return taken
    }
    const counts = Array.from({ length: 10 }, (_, i) => session(i, 2000 * i))
    expect(counts[0]).to.equal(2000)
    expect(counts[9]).to.equal(2000)
    expect(Math.max(...counts.slice(1, 9))).to.be.lessThan(1000)
  })

  it('with a twin has half of the link while the other twin is busy', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() }) // twins see by the wall clock who is busy
    try {
      const [one, other] = [await load('twin', 'one'), await load('twin', 'other')]
      expect(passed(one, 500)).to.be.within(CLAIM_KBPS, 1.12 * CLAIM_KBPS)
      for (let nowMs = 500; nowMs < 1000; nowMs += 100) other.forward(data(), nowMs) // heartbeats
      expect(passed(one, 500, 500)).to.be.within(CLAIM_KBPS, 1.12 * CLAIM_KBPS)
      passed(other, 20, 1000)
      expect(passed(one, 500, 1000)).to.be.within(CLAIM_KBPS / 2, 0.56 * CLAIM_KBPS)
    } finally {
      mock.timers.reset()
    }
  })

  const leaf = (epoch: number, rateKbps: number, breachBits = 0): Leaf => ({
    ...{ epoch, index: 1, provider: '0x00000000000000000000000000000000000000aa', status: STATUS.measured },
    ...{ uptimeBps: 9000, rateKbps, claimKbps: CLAIM_KBPS, scoreBps: 0, tier: 0, throughputQ32: 0, ticksUpQ16: 0 },
    ...{ throughputSumQ32: 0, throughputWeightQ32: 2 ** 31, ticksTotalQ16: 0, pathlessQ2: 0, soakVotes: ZERO_HASH },
    ...{ windowVotes: ZERO_HASH, link: ZERO_HASH, breachBits, assignedRoot: ZERO_HASH },
    ...{ breachPenaltyBps: 0, penaltyBps: 0 },
  })
  const history = (leaves: Leaf[], more: Partial<ProviderHistory>): ProviderHistory => ({
    ...{ claimKbps: CLAIM_KBPS, deliversKbps: 15_000, epochsRun: leaves.length, ofThisProfile: 1 },
    ...{
      allVerifiersHonest: true,
      leaves,
      settlements: [],
      stakeBefore: 1n,
      stakeAfter: 1n,
      goneFromEpoch: undefined,
      sales: undefined,
    },
    ...more,
  })
  const six = (rateKbps: number, breachBits = 0): Leaf[] =>
    [1, 2, 3, 4, 5, 6].map(epoch => leaf(epoch, rateKbps, breachBits))

  it('is inflated by at most 5 %, or caught, within six reports', () => {
    const broken = (leaves: Leaf[]) => CHEATS.reorderer.broken(history(leaves, {}))
    expect(broken(six(15_750))).to.deep.equal([])
    expect(broken(six(15_751)).join()).to.include('was certified at up to 15751 kbit/s while it delivers 15000')
    expect(broken(six(25_000, 1))).to.deep.equal([])
    expect(broken(six(25_000).slice(1))).to.deep.equal([])
  })

  it('with a twin may be certified at no more than its part of the link', () => {
    const broken = (ofThisProfile: number) =>
      CHEATS.twin.broken(history(six(25_000), { ofThisProfile, deliversKbps: CLAIM_KBPS }))
    expect(broken(1)).to.deep.equal([])
    expect(broken(2).join()).to.include('while it delivers 12500')
  })
})
