/** Whatever there is to explain, the text fits the terminal, and no fact is lost on the way. */
import { expect } from 'chai'
import fc from 'fast-check'
import { STATUS } from '../../../proto/leaf.js'
import { OUTCOME, type OutcomeName } from '../../../proto/vote.js'
import { type ExplanationJson, explanationSchema } from '../../evidence/schema/explanation.js'
import { HOLDS } from '../../evidence/schema/outlook.js'
import { explanationText } from '../explanation/text.js'
import { LINE_WIDTH, wrap } from '../wrap.js'

const hex = (digits: number) =>
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits })
    .map(text => `0x${text}` as const)
const hash = hex(64)
const uint32 = fc.nat(0xffffffff)
const bps = fc.nat(0xffff)
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const words = fc.array(fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 1, maxLength: 20 }), {
  minLength: 1,
  maxLength: 60,
})
const text = words.map(all => all.join(' '))
const indices = fc.uniqueArray(uint32, { minLength: 1, maxLength: 31 }).map(all => all.sort((a, b) => a - b))

const leaf = fc.record({
  ...{ epoch: fc.nat(), index: uint32, provider: hex(40), status: fc.constantFrom(...Object.values(STATUS)) },
  ...{ uptimeBps: bps, rateKbps: orNull(uint32), claimKbps: uint32, scoreBps: bps, tier: fc.nat(255) },
  ...{ throughputQ32: fc.maxSafeNat(), throughputSumQ32: fc.maxSafeNat(), throughputWeightQ32: fc.maxSafeNat() },
  ...{ ticksUpQ16: fc.maxSafeNat(), ticksTotalQ16: fc.maxSafeNat() },
  ...{
    pathlessQ2: uint32,
    soakVotes: hash,
    windowVotes: hash,
    link: hash,
    breachBits: fc.nat(31),
    breachPenaltyBps: bps,
    assignedRoot: hash,
    penaltyBps: bps,
  },
})

const outlook = fc.record({
  holds: fc
    .uniqueArray(fc.constantFrom(...HOLDS.throughput, ...HOLDS.uptime))
    .chain(reasons =>
      fc.tuple(...reasons.map(reason => fc.record({ reason: fc.constant(reason), costBps: fc.nat(10_000) }))),
    ),
  evidence: fc.record({ windows: fc.nat(1000), most: fc.integer({ min: 1, max: 1000 }) }),
  ahead: fc.array(
    fc.record({
      kind: fc.constantFrom('kept' as const, 'same' as const, 'unmeasured' as const, 'failed' as const),
      ...{ windows: fc.integer({ min: 1, max: 1000 }), scoreBps: fc.nat(10_000), tier: fc.nat(3) },
    }),
  ),
  breaches: fc.record({
    ...{ held: fc.nat(5), oldestLeavesAfter: orNull(fc.integer({ min: 1, max: 5 })) },
    untilPenalty: fc.integer({ min: 1, max: 3 }),
    ...{ penaltyBps: fc.nat(10_000), penaltyAtThisRateBps: orNull(fc.integer({ min: 1, max: 10_000 })) },
  }),
})

const groupOf = (verifiers: readonly number[]) =>
  fc.array(uint32, { minLength: verifiers.length, maxLength: verifiers.length }).map(ratesKbps => ({
    ...{ verifiers, ratesKbps, sumKbps: ratesKbps.reduce((sum, rate) => sum + rate, 0) },
  }))

const voteOf = (verifier: number, all: readonly number[]) =>
  fc.record({
    verifier: fc.constant(verifier),
    sessionId: orNull(hash),
    outcome: orNull(fc.constantFrom(...(Object.keys(OUTCOME) as OutcomeName[]))),
    ...{ rateKbps: orNull(uint32), offeredKbps: orNull(uint32), directKbps: orNull(uint32) },
    ...{ lossBps: orNull(bps), controlLossBps: orNull(bps), controlDelayUs: orNull(uint32) },
    ...{ jitterUs: orNull(uint32), delayUs: orNull(uint32) },
    ...{ attempts: fc.nat(255), ticksSent: fc.nat(256), ticksAnswered: fc.nat(256) },
    counted: fc.constantFrom('rate', 'under', 'at-least', 'ignored', 'missing'),
    why: fc.oneof(text, fc.constant('measured')),
    group: orNull(groupOf(all)),
  })

const explanation: fc.Arbitrary<ExplanationJson> = indices.chain(verifiers =>
  fc.record({
    ...{ provider: hex(40), epoch: fc.nat(), leaf, previousLeaf: orNull(leaf), previousEpoch: fc.nat() },
    window: fc.record({ firstEpoch: fc.nat(), lastEpoch: fc.nat(), ended: fc.boolean() }),
    votes: fc.tuple(...verifiers.map(verifier => voteOf(verifier, verifiers))),
    quorum: fc.record({ assigned: fc.nat(191), faults: fc.nat(63), needed: fc.nat(127), usable: fc.nat(191) }),
    besideLimitKbps: orNull(uint32),
    soak: fc.record({
      ...{ sessions: fc.nat(191), soaks: fc.nat(191), limitKbps: orNull(uint32) },
      votes: fc.array(fc.record({ receiver: uint32, epoch: fc.nat(3), rateKbps: uint32 }), { maxLength: 31 }),
    }),
    ...{
      belowThreshold: fc.nat(191),
      thresholdKbps: uint32,
      ticks: fc.record({ up: fc.nat(256), total: fc.nat(256) }),
    },
    ...{
      commonFailure: fc.boolean(),
      maxPenaltyBps: fc.nat(10_000),
      halfLifeWindows: fc.integer({ min: 1, max: 1000 }),
    },
    outlook,
    certificate: fc.record({
      ...{ headerHash: hash, txHash: hash, round: uint32, blockNumber: fc.maxSafeNat(), gasUsed: fc.maxSafeNat() },
      ...{ nonSigners: fc.array(fc.nat(190), { maxLength: 60 }), verifiers: fc.constant(191) },
    }),
    settlement: orNull(
      fc.record({
        ...{ epoch: fc.nat(), provider: hex(40), txHash: hash },
        charged: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String),
        refuted: fc.boolean(),
      }),
    ),
    checks: fc.array(fc.record({ what: text, holds: fc.boolean() }), { maxLength: 10 }),
  }),
)

describe('the text of an explanation', () => {
  it('has no line over 120 columns, with 31 verifiers, groups, soaks and long names', () => {
    fc.assert(
      fc.property(explanation, of => {
        expect(explanationSchema.parse(of)).to.deep.equal(of)
        for (const line of explanationText(of).split('\n')) expect(line.length, line).to.be.at.most(LINE_WIDTH)
      }),
      { numRuns: 100 },
    )
  })

  it('names every session, every soak, every reason and every check, each reason once', () => {
    fc.assert(
      fc.property(explanation, of => {
        const flat = explanationText(of).replace(/\s+/g, ' ')
        for (const { sessionId } of of.votes) if (sessionId) expect(flat).to.include(sessionId)
        for (const { receiver } of of.soak.votes) expect(flat).to.include(`(verifier ${receiver})`)
        for (const { what, holds } of of.checks) expect(flat).to.include(`${holds ? '✓' : '✗'} ${what}`)
        const rows = new Set(of.votes.map(({ counted, why }) => `${counted} ${why}`))
        expect(flat.match(/COUNTED AS [a-z ]+ \(verifiers? [\d–, and]+\): /g)).to.have.length(rows.size)
        for (const { why } of of.votes) expect(flat).to.include(`: ${why}.`)
        for (const hash of [of.certificate.headerHash, of.certificate.txHash]) expect(flat).to.include(hash)
      }),
      { numRuns: 50 },
    )
  })

  it('breaks lines at spaces, and never in a word', () => {
    fc.assert(
      fc.property(words, fc.nat(20), (all, indent) => {
        const lines = wrap(all.join(' '), ' '.repeat(indent)).split('\n')
        expect(lines.flatMap(line => line.trim().split(' '))).to.deep.equal(all)
        for (const line of lines) expect(line.length).to.be.at.most(LINE_WIDTH)
      }),
    )
    expect(wrap('x'.repeat(200), '  ')).to.equal(`  ${'x'.repeat(200)}`)
    expect(wrap('aa bb cc', '', 1, 5), 'on a narrow terminal').to.equal('aa bb\n cc')
  })
})
