import { expect } from 'chai'
import fc from 'fast-check'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import type { SendLog } from '../../../proto/messages.js'
import type { ControlFlow } from '../control.js'
import { judge } from '../judge.js'
import type { TurnEvidence } from '../judge-turns.js'
import { isDirectProbeDue } from '../other-limit.js'
import type { SenderEvidence, SessionFacts } from '../session-facts.js'
import { shareKbps, turnKbps } from '../share.js'
import { togetherMs, turnOf } from '../turns.js'

const CLAIM_KBPS = 20_000
const SOAK_MS = 10_000
const K = 3
const INTERVAL_MS = 50
const SLOW_KBPS = 0.6 * CLAIM_KBPS

const datagramsOf = (kbps: number, ms: number): number => Math.round((kbps * ms) / 8 / IP_DATAGRAM_BYTES)

/** What a sender logs that offers so much of what it is asked for, while all send together and in its turn. */
function logOf(slot: number, together = 1, inTurn = 1): SendLog {
  const { fromMs, toMs } = turnOf(SOAK_MS, K, slot)
  const length = SOAK_MS / INTERVAL_MS
  const sent = Array.from({ length }, (_, i) => {
    const ms = i * INTERVAL_MS
    if (ms < togetherMs(SOAK_MS)) return datagramsOf(together * shareKbps(CLAIM_KBPS, K), INTERVAL_MS)
    return ms + INTERVAL_MS > fromMs && ms < toMs ? datagramsOf(inTurn * turnKbps(CLAIM_KBPS, K), INTERVAL_MS) : 0
  })
  const none = new Array<number>(length).fill(0)
  return { intervalMs: INTERVAL_MS, sent, blocked: none, errors: none, control: new Array<number>(length).fill(3) }
}

const CLEAN: ControlFlow = { sent: 600, arrived: 598, spanMs: 9_900, riseMs: 0.3 }

interface Way {
  /** what the provider carries of a turn */
  readonly kbps: number
  /** of one sender's data while all send together; the third of what a turn carries by default */
  readonly togetherKbps?: number
}

/** An honest sender in its slot, and what came of it. */
function honest(
  slot: number,
  { kbps, togetherKbps = Math.min(shareKbps(CLAIM_KBPS, K), kbps / K) }: Way,
): SenderEvidence {
  const turnMs = turnOf(SOAK_MS, K, slot).toMs - turnOf(SOAK_MS, K, slot).fromMs
  const arrived = datagramsOf(Math.min(kbps, turnKbps(CLAIM_KBPS, K)), turnMs)
  const all = datagramsOf(togetherKbps, togetherMs(SOAK_MS)) + arrived
  const fromMs = turnOf(SOAK_MS, K, slot).fromMs + 200
  return {
    ...{ answer: 'granted', ready: true, arrived: all, highest: 2_000, verified: all, log: logOf(slot) },
    ...{ jitterUs: 100, hoarding: 1, riseMs: 80, control: CLEAN, direct: { arrived: 60, verified: 60 } },
    turn: {
      estimate: { rateKbps: Math.min(kbps, turnKbps(CLAIM_KBPS, K)), windows: 27, fromMs, toMs: fromMs + 1_350 },
      ...{ crowdKbps: [0, 0, 0], arrived, highest: arrived - 1, verified: arrived, riseMs: 40 },
      sentKbps: Math.min(kbps, turnKbps(CLAIM_KBPS, K)),
      control: { sent: 100, arrived: 99, riseMs: 0.3 },
    },
  }
}

const three = (kbps: number): SenderEvidence[] => [0, 1, 2].map(slot => honest(slot, { kbps }))

const withTurn = (sender: SenderEvidence, change: Partial<TurnEvidence>): SenderEvidence => ({
  ...sender,
  turn: { ...sender.turn!, ...change },
})

function judged(senders: readonly SenderEvidence[], more: Partial<SessionFacts> = {}) {
  return judge({
    ...{ claimKbps: CLAIM_KBPS, breachBps: 7500, soakMs: SOAK_MS, senders },
    estimate: senders[0]!.turn?.estimate,
    direct: { rateKbps: 2 * CLAIM_KBPS, windows: 10, fromMs: 11_500, toMs: 12_000 },
    ...{ kernelTimestamps: true, atOnce: false, heard: true, starvedMs: 0 },
    ...more,
  })
}

/** What one sender of three may do, and what came of it at a provider that carries `kbps`. */
const silent: SenderEvidence = {
  ...{ answer: 'missing', ready: false, arrived: 0, highest: -1, verified: 0, log: undefined },
  ...{ jitterUs: 0, hoarding: 1, riseMs: 0, control: undefined, direct: { arrived: 0, verified: 0 } },
  turn: {
    estimate: { rateKbps: 0, windows: 27, fromMs: 7_000, toMs: 8_350 },
    ...{ crowdKbps: [0, 0, 0], arrived: 0, highest: -1, verified: 0, sentKbps: 0, riseMs: 0, control: undefined },
  },
}
const half = (sender: SenderEvidence, slot: number): SenderEvidence => ({
  ...withTurn(sender, {
    estimate: { ...sender.turn!.estimate, rateKbps: 0.5 * CLAIM_KBPS },
    sentKbps: 0.5 * CLAIM_KBPS,
  }),
  log: logOf(slot, 0.5, 0.45),
})
const LIES: Record<string, (sender: SenderEvidence, slot: number) => SenderEvidence> = {
  silent: () => silent,
  slow: half,
  'a lying log, of one that sends next to nothing': (sender, slot) => ({
    ...withTurn(sender, {
      estimate: { ...sender.turn!.estimate, rateKbps: 100 },
      sentKbps: 100,
      arrived: 10,
      verified: 10,
      highest: 15,
    }),
    log: logOf(slot),
  }),
  garbage: sender => ({ ...withTurn(sender, { verified: 0, sentKbps: 0 }), verified: 0, control: undefined }),
  'no key': sender => ({
    ...withTurn(sender, { verified: 0, sentKbps: 0, control: undefined }),
    verified: 0,
    log: undefined,
    control: undefined,
  }),
  lending: (_, slot) => honest(slot, { kbps: 1.1 * CLAIM_KBPS, togetherKbps: shareKbps(CLAIM_KBPS, K) }),
}

describe('judging turns', () => {
  it('verifies the claim, and lays a slow provider’s reading at its door', () => {
    const fine = judged(three(1.1 * CLAIM_KBPS))
    expect(fine).to.have.property('kind', 'verified')
    expect(fine).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
    const slow = judged(three(SLOW_KBPS))
    expect(slow).to.have.property('kind', 'under')
    expect(slow).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
    if (slow.kind === 'under') expect(slow.measurement.offeredKbps).to.be.within(1.05 * CLAIM_KBPS, 1.12 * CLAIM_KBPS)
  })

  for (const [name, lie] of Object.entries(LIES)) {
    it(`is not moved by one sender of three: ${name}`, () => {
      for (const slot of [0, 1, 2]) {
        const of = (kbps: number) => judged(three(kbps).with(slot, lie(three(kbps)[slot]!, slot)))
        expect(of(1.1 * CLAIM_KBPS)).to.have.property('kind', 'verified')
        expect(of(1.1 * CLAIM_KBPS)).to.have.nested.property('measurement.rateKbps', CLAIM_KBPS)
        expect(of(SLOW_KBPS)).to.have.property('kind', 'under')
        expect(of(SLOW_KBPS)).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
      }
    })
  }

  it('is the senders’ where two of three offered too little', () => {
    const senders = three(SLOW_KBPS)
    const outcome = judged([half(senders[0]!, 0), half(senders[1]!, 1), senders[2]!])
    expect(outcome).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('takes no log that shows more than a turn, or less than came of it', () => {
    const boast = three(SLOW_KBPS).map((sender, slot) => ({ ...sender, log: logOf(slot, 1, 1.2) }))
    expect(judged(boast)).to.include({ kind: 'at-least', reason: 'sender-limited' })
    const short = three(SLOW_KBPS).map((sender, slot) => ({ ...sender, log: logOf(slot), highest: 1e6 }))
    expect(judged(short)).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('is the path’s where a sender’s own way was full in its turn, and free while all sent', () => {
    // Two of three whose uplink carries less than a turn: of their control datagrams six in a hundred are lost over all.
    const narrow = (control: TurnEvidence['control']) =>
      three(0.7 * CLAIM_KBPS).map((sender, slot) => (slot < 2 ? withTurn(sender, { control }) : sender))
    expect(judged(narrow({ sent: 100, arrived: 66, riseMs: 0.3 }))).to.include({
      kind: 'at-least',
      reason: 'path-limited',
    })
    expect(judged(narrow({ sent: 100, arrived: 100, riseMs: 300 }))).to.include({
      kind: 'at-least',
      reason: 'path-limited',
    })
    expect(judged(narrow({ sent: 100, arrived: 100, riseMs: 300 }), { kernelTimestamps: false })).to.have.property(
      'kind',
      'under',
    )
    expect(judged(narrow({ sent: 29, arrived: 29, riseMs: 0.3 }))).to.include({
      kind: 'at-least',
      reason: 'no-control',
    })
    expect(judged(narrow(undefined))).to.include({ kind: 'at-least', reason: 'no-control' })
    const lossy = three(SLOW_KBPS).map(sender => ({ ...sender, control: { ...CLEAN, arrived: 500 } }))
    expect(judged(lossy)).to.include({ kind: 'at-least', reason: 'path-limited' })
    expect(judged(three(SLOW_KBPS), { direct: undefined })).to.include({ kind: 'at-least', reason: 'path-limited' })
  })

  it('credits what was held back no faster than it had been sent', () => {
    const held = three(SLOW_KBPS).map(sender =>
      withTurn(sender, { estimate: { ...sender.turn!.estimate, rateKbps: 1.1 * CLAIM_KBPS } }),
    )
    expect(judged(held)).to.have.nested.property('measurement.rateKbps', SLOW_KBPS)
  })

  /**
   * The link carries `linkKbps`; sender 0 keeps to its share or more while all send, and sends beside the others' turns as
   * fast as the relay lets it. What two flows bring to a full link it carries in proportion.
   */
  function flooded(linkKbps: number, floodKbps: number, togetherKbps: number): SenderEvidence[] {
    const share = shareKbps(CLAIM_KBPS, K)
    const turn = turnKbps(CLAIM_KBPS, K)
    const part = (own: number, all: number): number => own * Math.min(1, linkKbps / all)
    return [0, 1, 2].map(slot => {
      if (slot === 0)
        return withTurn(honest(0, { kbps: 0, togetherKbps: part(togetherKbps, togetherKbps + 2 * share) }), {
          crowdKbps: [0, 0, 0],
        })
      const sender = honest(slot, {
        kbps: part(turn, turn + floodKbps),
        togetherKbps: part(share, togetherKbps + 2 * share),
      })
      return withTurn(sender, { crowdKbps: [part(floodKbps, turn + floodKbps), 0, 0] })
    })
  }

  it('calls no flood of one sender’s the provider’s fault, if that carries its claim', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1.16, noNaN: true }),
        fc.double({ min: 0, max: 0.58, noNaN: true }),
        (link, flood, together) => {
          const outcome = judged(flooded(link * CLAIM_KBPS, flood * CLAIM_KBPS, together * CLAIM_KBPS))
          expect(outcome.kind).to.be.oneOf(['verified', 'at-least'])
        },
      ),
    )
    const whole = judged(flooded(CLAIM_KBPS, 1.1 * CLAIM_KBPS, 0.55 * CLAIM_KBPS))
    expect(whole).to.include({ kind: 'at-least', reason: 'sender-limited' })
  })

  it('lets one sender excuse no slow provider by sending beside its link', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.62, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.nat(2),
        (share, flood, slot) => {
          // Nothing of the lender's takes room on the link: the two others have all of it.
          const link = share * CLAIM_KBPS
          const senders = [0, 1, 2].map(one =>
            one === slot
              ? honest(one, { kbps: 1.1 * CLAIM_KBPS, togetherKbps: flood * CLAIM_KBPS })
              : withTurn(honest(one, { kbps: link, togetherKbps: link / 2 }), {
                  crowdKbps: [0, 1, 2].map(by => (by === slot ? flood * CLAIM_KBPS : 0)),
                }),
          )
          const outcome = judged(senders)
          expect(outcome).to.have.property('kind', 'under')
          expect(outcome).to.have.nested.property('measurement.rateKbps', Math.round(link))
        },
      ),
    )
  })

  const anyTurn: fc.Arbitrary<TurnEvidence> = fc
    .record({
      rateKbps: fc.integer({ min: 0, max: 3 * CLAIM_KBPS }),
      sentKbps: fc.integer({ min: 0, max: 3 * CLAIM_KBPS }),
      arrived: fc.nat(5_000),
      verified: fc.nat(5_000),
      highest: fc.integer({ min: -1, max: 6_000 }),
      riseMs: fc.double({ min: 0, max: 2_000, noNaN: true }),
      control: fc.option(
        fc.record({ sent: fc.nat(200), arrived: fc.nat(200), riseMs: fc.double({ min: 0, max: 500, noNaN: true }) }),
        { nil: undefined },
      ),
    })
    .map(({ rateKbps, verified, ...turn }) => ({
      ...turn,
      verified: Math.min(verified, turn.arrived),
      estimate: { rateKbps, windows: 27, fromMs: 5_200, toMs: 6_550 },
      crowdKbps: [0, 0, 0],
    }))
  /** Whatever one sender may say and send, beside the others' turns apart. */
  const anySender: fc.Arbitrary<SenderEvidence> = fc
    .record({
      answer: fc.constantFrom<SenderEvidence['answer']>('granted', 'refused', 'unreachable', 'missing'),
      ready: fc.boolean(),
      turn: anyTurn,
      more: fc.nat(5_000),
      highest: fc.integer({ min: -1, max: 6_000 }),
      log: fc.option(
        fc.tuple(fc.nat(2), fc.double({ min: 0, max: 3, noNaN: true })).map(([slot, part]) => logOf(slot, part, part)),
        { nil: undefined },
      ),
      control: fc.option(fc.constant(CLEAN), { nil: undefined }),
    })
    .map(({ turn, more, ...sender }) => ({
      ...sender,
      ...{ turn, arrived: turn.arrived + more, verified: turn.verified + more },
      ...{ jitterUs: 0, hoarding: 1, riseMs: 0, direct: { arrived: 0, verified: 0 } },
    }))

  it('never lets one sender of three, whatever it says, move the reading beyond the others’', () => {
    fc.assert(
      fc.property(
        anySender,
        fc.nat(2),
        fc.integer({ min: 1_000, max: 22_000 }),
        fc.integer({ min: 1_000, max: 22_000 }),
        (liar, slot, one, other) => {
          const kbps = [one, other]
          const senders = [0, 1, 2].map(at => (at === slot ? liar : honest(at, { kbps: kbps.pop()! })))
          const outcome = judged(senders)
          if (!('measurement' in outcome)) throw new Error(`there is no reading: ${JSON.stringify(outcome)}`)
          const { rateKbps } = outcome.measurement
          expect(rateKbps).to.be.within(Math.min(one, other, CLAIM_KBPS), Math.min(Math.max(one, other), CLAIM_KBPS))
          // A low vote has an honest witness whose own turn was low.
          if (outcome.kind === 'under') expect(Math.min(one, other)).to.be.below(0.75 * CLAIM_KBPS)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('does without the account of a turn, and blames nobody for it', () => {
    const { turn: _, ...without } = honest(1, { kbps: SLOW_KBPS })
    const fine = three(1.1 * CLAIM_KBPS).with(1, without)
    expect(judged(fine)).to.have.property('kind', 'verified')
  })

  it('sends a direct probe where the reading may come to be low', () => {
    const facts = { claimKbps: CLAIM_KBPS, breachBps: 7500 }
    const due = (...rates: number[]) => {
      const turns = rates.map(rateKbps => ({ rateKbps, windows: 27, fromMs: 0, toMs: 1 }))
      return isDirectProbeDue(facts, 0, [500, 500, 500], [CLEAN, CLEAN, CLEAN], turns)
    }
    expect(due(16_000, 20_000, 20_000)).to.equal(false)
    expect(due(14_000, 20_000, 20_000), 'one may be garbage').to.equal(true)
    expect(due(0, 20_000, 20_000), 'a silent one').to.equal(false)
    expect(due(0, 14_000, 20_000)).to.equal(true)
    expect(due(0, 0, 20_000)).to.equal(true)
  })
})
