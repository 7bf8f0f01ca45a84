/** The pure parts of `bench scale`, and one small network in a process of its own. No seconds: those depend on the machine. */
import { expect } from 'chai'
import { MAX_GOSSIP_VOTES } from '../../../proto/messages.js'
import { agreementSteps, HOP_SECONDS, LINK_MBPS, MESH, totalSeconds } from '../scale/agreement-model.js'
import { measureApi } from '../scale/api.js'
import { assignRatio, type CoreRow, cellOf } from '../scale/core-row.js'
import { messageBytes, totalGossip } from '../scale/message-bytes.js'
import { NOTHING_FOUND, verdictOf, withApi, withCore } from '../scale/result.js'
import { measureCore } from '../scale/scale.js'
import { isAgreement, isApi, sampleOf, sizesOf } from '../scale/sizes.js'
import { scaleTables } from '../scale/tables.js'

const PLANNED = { verifiers: [], providers: [], quick: false }
const EPOCH = { assignSeconds: 2, reportSeconds: 4, votes: 3e6, sessions: 1e5, unplaced: 0, assignHashes: 1e6 }
const ROW: CoreRow = {
  ...{ verifiers: 31, providers: 100_000, windowEpochs: 24, sample: 100_000, first: EPOCH, next: EPOCH },
  ...{ bareHashSeconds: 1e-6, processorShare: 1, baseMegabytes: 100, peakMegabytes: 1000 },
}
const API = {
  ...{ verifiers: 31, providers: 10_000, listFirst: 100, list: 10, explainFirst: 300, explain: 200, explanation: 180 },
  ...{ evidenceBytes: 100_000, epochEvidenceBytes: undefined },
}
const COSTS = { signature: 1e-3, sharedSignature: 1e-4, aggregated: 1e-3, vote: 1e-5 }
const BLS = { bench: 'bls', machine: '', seed: 'test', signatures: 64, verdict: 'PASS bls: fast' } as const
const RATES = {
  ...{ blst: 2000, checker: 1900, 'blst, one digest': 8000, 'checker, one digest': 7500 },
  ...{ 'checker, one by one': 690, 'main thread, one by one': 700, 'checker, all wrong': 500 },
}

describe('the sizes of bench scale', () => {
  it('are those of the plan, small ones first, or every pair that is asked for', () => {
    const planned = sizesOf(PLANNED)
    for (const verifiers of [5, 31, 64, 191])
      for (const providers of [1000, 10_000, 100_000]) expect(planned).to.deep.include({ verifiers, providers })
    expect(planned.filter(isAgreement)).to.have.length(8)
    expect(planned.filter(isApi)).to.have.length(2)
    expect(planned.map(({ providers }) => providers)).to.deep.equal(
      planned.map(({ providers }) => providers).sort((a, b) => a - b),
    )
    expect(sizesOf({ ...PLANNED, verifiers: [31], providers: [100_000] })).to.deep.equal([
      { verifiers: 31, providers: 100_000 },
    ])
    expect(sizesOf({ ...PLANNED, verifiers: [7] })).to.have.length(3)
  })

  it('are simulated where an epoch has too many sessions, and nowhere else', () => {
    expect(sampleOf({ verifiers: 191, providers: 100_000, windowEpochs: 24 }, 64)).to.equal(100_000)
    expect(sampleOf({ verifiers: 191, providers: 100_000, windowEpochs: 1 }, 64)).to.equal(10_000)
    expect(sampleOf({ verifiers: 64, providers: 10_000, windowEpochs: 1 }, 64)).to.equal(10_000)
  })
})

describe('a simulated size', () => {
  const simulated = { ...ROW, windowEpochs: 1, sample: 10_000, peakMegabytes: 300 }

  it('grows by the factor of its sample, except for what the process holds anyhow', () => {
    const cell = cellOf(simulated)
    expect(cell.next).to.deep.include({ assignSeconds: 20, reportSeconds: 40, sessions: 1e6, assignHashes: 1e7 })
    expect(cell.peakMegabytes).to.equal(100 + 10 * 200)
    expect(assignRatio(cell.next, 1e-6)).to.equal(assignRatio(simulated.next, 1e-6))
    expect(cellOf(ROW)).to.deep.include({ sample: undefined, peakMegabytes: 1000, next: EPOCH })
  })

  it('is marked in the table', () => {
    const found = withCore(withCore(NOTHING_FOUND, ROW), simulated)
    const lines = scaleTables({ bench: 'scale', machine: 'it', ...found, verdict: verdictOf(found) }).split('\n')
    expect(lines.filter(line => line.includes('| measured |'))).to.have.length(1)
    expect(lines.filter(line => line.includes('| simulated: 10,000 providers × 10 |'))).to.have.length(1)
  })
})

describe('the messages of an agreement', () => {
  it('carry small ballots by gossip, and have the others fetched', () => {
    const small = messageBytes({ verifiers: 64, providers: MAX_GOSSIP_VOTES })
    expect(small.ballot).to.deep.include({ index: 0, parts: 0 })
    expect(small.ballot.gossip).to.be.above(MAX_GOSSIP_VOTES * 960)
    const { votes, ballot } = messageBytes({ verifiers: 191, providers: 10_000 })
    expect(votes).to.equal(Math.ceil((10_000 * 64) / 191)) // 64 receivers of each provider
    expect(ballot.gossip).to.be.below(300)
    expect(ballot.index).to.be.within(52 * votes, 52 * votes + 500)
    expect(ballot.parts).to.be.within(960 * votes, 961 * votes)
  })

  it('grow with the square of the verifiers in seen lists and in the proposal', () => {
    const [few, many] = [16, 64].map(verifiers => messageBytes({ verifiers, providers: 1000 }).gossip)
    expect(many!.ballots / few!.ballots).to.equal(4)
    for (const kind of ['seenLists', 'proposal'] as const) expect(many![kind] / few![kind]).to.be.within(10, 16)
  })
})

describe('the model of an agreement', () => {
  const bytes = messageBytes({ verifiers: 16, providers: 1000 })
  const nothing = { signature: 0, sharedSignature: 0, aggregated: 0, vote: 0 }

  it('takes both reports, each step’s transfer and hops, and every check', () => {
    const hops = 2 * HOP_SECONDS // 6² > 16
    const spread = (of: number) => hops + (MESH * 8 * of) / (LINK_MBPS * 1e6)
    const { gossip, ballot, votes } = bytes
    expect(agreementSteps(16, bytes, nothing, 3)).to.deep.equal({
      reveal: spread(gossip.ballots),
      fetch: (15 * 8 * (ballot.index + ballot.parts)) / (LINK_MBPS * 1e6) + 4 * HOP_SECONDS,
      list: spread(gossip.seenLists),
      propose: 6 + spread(gossip.proposal),
      certify: spread(gossip.partials) + spread(gossip.certificate),
    })
    const checks =
      totalSeconds(agreementSteps(16, bytes, COSTS, 3)) - totalSeconds(agreementSteps(16, bytes, nothing, 3))
    const signatures = 2 * 16 + 16 + 2
    expect(checks).to.be.closeTo(signatures * 1e-3 + 16 * (1e-4 + 1e-3) + 15 * votes * 1e-5, 1e-9)
  })

  it('fetches nothing where gossip carries whole ballots', () => {
    const small = messageBytes({ verifiers: 64, providers: 100 })
    expect(agreementSteps(64, small, nothing, 0).fetch).to.equal(0)
  })
})

describe('the verdict of bench scale', () => {
  const found = withApi({ ...withCore(NOTHING_FOUND, ROW), bls: { ...BLS, rounds: [RATES] }, costs: COSTS }, API)

  it('passes at the bounds', () => {
    expect(verdictOf(found)).to.equal(
      'PASS scale: within the bounds: assignment, report and memory, list and explain, signatures',
    )
    expect(verdictOf(NOTHING_FOUND)).to.match(/^PASS scale: none/)
  })

  for (const [name, broken, failure] of [
    [
      'a slow assignment',
      withCore(found, { ...ROW, next: { ...EPOCH, assignSeconds: 2.1 } }),
      /assignment, 31 × 100,000, W = 24: 2\.10 s/,
    ],
    [
      'a slow report in the first epoch of a window',
      withCore(found, { ...ROW, windowEpochs: 1, first: { ...EPOCH, reportSeconds: 40 } }),
      /report, 31 × 100,000, W = 1: 40 s/,
    ],
    [
      'a slow report in the last epoch of a window',
      withCore(found, { ...ROW, last: { ...EPOCH, reportSeconds: 40 } }),
      /report, 31 × 100,000, W = 24: 40 s/,
    ],
    ['much memory', withCore(found, { ...ROW, peakMegabytes: 1001 }), /1,001 MB, at most 1,000 MB/],
    ['a slow list', withApi(found, { ...API, listFirst: 101 }), /list of providers, 31 × 10,000: 101 ms/],
    ['a slow explanation', withApi(found, { ...API, explain: 301 }), /explain, 31 × 10,000: 301 ms/],
    ['slow signatures', { ...found, bls: { ...found.bls!, verdict: 'FAIL bls: slow' } }, /^FAIL scale: slow$/],
  ] as const) {
    it(`fails for ${name}`, () =>
      expect(verdictOf(broken))
        .to.match(/^FAIL scale: /)
        .and.match(failure))
  }

  it('takes a size once, and leaves sizes without a bound alone', () => {
    const slow = { ...ROW, verifiers: 191, next: { ...EPOCH, assignSeconds: 100 } }
    expect(withCore(withCore(found, slow), slow).core).to.have.length(2)
    expect(verdictOf(withCore(found, slow))).to.match(/^PASS/)
  })

  it('stands in the tables, with the messages and the time of each agreement', () => {
    const agreeing = withCore(found, { ...ROW, verifiers: 16, providers: 1000, sample: 1000 })
    const text = scaleTables({ bench: 'scale', machine: 'it', ...agreeing, verdict: verdictOf(agreeing) })
    expect(text).to.include('**PASS scale').and.include('**computed**').and.include('| refused |')
    expect(text.split('\n').filter(line => line.startsWith('| 16 × 1,000 |'))).to.have.length(2)
    expect(totalGossip(messageBytes({ verifiers: 16, providers: 1000 }))).to.be.above(0)
  })
})

describe('bench scale', () => {
  it('measures a small network whole, in a process of its own', async () => {
    const row = await measureCore({ verifiers: 5, providers: 300, windowEpochs: 1 })
    expect(row).to.deep.include({ verifiers: 5, providers: 300, sample: 300 })
    for (const { sessions, unplaced, votes } of [row.first, row.next]) {
      expect(sessions + unplaced, 'one for each receiver').to.equal(5 * 300)
      expect(votes).to.equal(5 * 300)
    }
    expect(assignRatio(row.next, row.bareHashSeconds)).to.be.above(1)
    expect(row.peakMegabytes).to.be.at.least(row.baseMegabytes)
  })

  it('measures the first epoch of a window, one within it, and its last, in which nearly all votes wait', async () => {
    const { first, next, last } = await measureCore({ verifiers: 7, providers: 100, windowEpochs: 3 })
    const due = [first, next, last!].map(({ sessions, unplaced }) => sessions + unplaced)
    expect(due.reduce((sum, count) => sum + count, 0)).to.equal(7 * 100)
    expect(Math.min(...due)).to.be.at.least(2 * 100)
    expect(last!.votes).to.equal(7 * 100)
  })

  it('asks the API of a small network, whose evidence holds', async () => {
    const row = await measureApi({ verifiers: 4, providers: 30 })
    expect(row.evidenceBytes).to.be.within(5000, 100_000)
    expect(row.epochEvidenceBytes!).to.be.above(2 * 960 * 4 * 30)
    for (const ms of [row.list, row.listFirst, row.explain, row.explainFirst, row.explanation])
      expect(ms).to.be.above(0)
  })
})
