/** Explanations and evidence of one provider, from a real store. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { assign } from '../../core/assignment/assign.js'
import { account } from '../../core/test/samples.js'
import { explanationOf } from '../../evidence/explanation.js'
import { recompute } from '../../evidence/recompute.js'
import { recomputeProvider } from '../../evidence/recompute-provider.js'
import { factsFromJson } from '../../evidence/schema/evidence.js'
import { type ProviderEvidenceJson, providerEvidenceSchema } from '../../evidence/schema/provider-evidence.js'
import { epochOf, honest, NETWORK, PROVIDER, slow } from '../../evidence/test/epoch-evidence.js'
import { Store } from '../../store/store.js'
import { AssignmentPool, assignmentThreads } from '../assignment-pool.js'
import { Explainer } from '../explainer.js'
import { Trees } from '../leaf-trees.js'
import { ProviderEvidence } from '../provider-evidence.js'
import type { ReportingNode } from '../reporting-node.js'
import type { Accepted } from '../reports.js'
import { putEpochs } from './sample-node.js'

const PROVIDERS = 60
const EPOCHS = (() => {
  const first = epochOf(1, honest, undefined, undefined, undefined, PROVIDERS)
  return [first, epochOf(2, slow, first.next, undefined, undefined, PROVIDERS)]
})()
const [, { evidence: WHOLE }] = EPOCHS as [(typeof EPOCHS)[0], (typeof EPOCHS)[0]]
const ACCOUNTS = WHOLE.facts.providers.map(one => one.account as Hex)

describe('what one provider’s score follows from', () => {
  let directory: string
  let store: Store
  let evidence: ProviderEvidence
  let report: Accepted
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-explainer-'))
    store = await Store.open(directory, { mode: 'create' })
    await putEpochs(store, EPOCHS)
    const node = { store, chain: { network: NETWORK }, network: { params: WHOLE.params } } as unknown as ReportingNode
    evidence = new ProviderEvidence(node, new Trees(store))
    const summary = (await store.reportSummary(2, WHOLE.headerHash))!
    report = { ...summary, posted: summary.posted! }
  })
  after(async () => {
    await evidence.close()
    await store.close()
    await rm(directory, { recursive: true })
  })
  const of = async (provider: Hex) => (await evidence.of(report, provider))!

  it('explains the provider as the whole epoch does, and every check holds', async () => {
    const whole = recompute(WHOLE)
    for (const provider of ACCOUNTS) {
      const one = providerEvidenceSchema.parse(JSON.parse(JSON.stringify(await of(provider))))
      const { checks, ...explained } = explanationOf(provider, await recomputeProvider(one), report.posted, [], [])!
      const { checks: _, ...expected } = explanationOf(provider, whole, report.posted, [], [])!
      expect(explained).to.deep.equal(expected)
      expect(checks.filter(({ holds }) => !holds)).to.deep.equal([])
    }
    expect(await evidence.of(report, account('nobody'))).to.equal(undefined)
  })

  it('has the size of its own votes, however many providers there are', async () => {
    const bytes = JSON.stringify(await of(PROVIDER)).length
    expect(bytes).to.be.below(JSON.stringify(WHOLE).length / 10)
    expect((await of(PROVIDER)).facts.providers.map(one => one.account)).to.deep.equal([PROVIDER])
  })

  const another = ACCOUNTS[7]!
  const flipped = (hex: Hex, at: number): Hex => {
    const bytes = fromHex(hex)
    bytes[at]! ^= 1
    return toHex(bytes)
  }
  type Lie = (one: ProviderEvidenceJson, other: ProviderEvidenceJson) => Partial<ProviderEvidenceJson>
  const lies: [what: string, lie: Lie, fails: RegExp][] = [
    ['another header', ({ header }) => ({ header: { ...header, era: 7 } }), /header is that/],
    ['votes less than a quorum', ({ votes }) => ({ votes: votes.slice(2) }), /the leaf computed/],
    ['a vote twice', ({ votes }) => ({ votes: [votes[0]!, ...votes] }), /two votes/],
    [
      'another vote',
      ({ votes }) => ({ votes: votes.map(vote => ({ ...vote, encoded: flipped(vote.encoded, 5 * 32 - 1) })) }),
      /in the ballot of its verifier/,
    ],
    ['votes on another', (_, { votes }) => ({ votes }), /every vote is on it/],
    [
      'a signature of another',
      ({ votes }) => ({
        votes: votes.map((vote, i) => ({ ...vote, signature: votes[(i + 1) % votes.length]!.signature })),
      }),
      /carry their verifier/,
    ],
    [
      'a schedule of another',
      ({ votes }) => ({
        votes: votes.map((vote, i) => ({ ...vote, schedule: votes[(i + 1) % votes.length]!.schedule })),
      }),
      /shows the schedule/,
    ],
    ['fewer ballots', ({ ballotSet }) => ({ ballotSet: ballotSet.slice(1) }), /ballots are those of the report/],
    ['another leaf', (_, { leaf }) => ({ leaf }), /the leaf computed/],
    [
      'a leaf without its proof',
      ({ leaf }) => ({ leaf: { ...leaf, proof: leaf.proof.slice(1) } }),
      /the leaf computed/,
    ],
    ['another leaf before', (_, { previous }) => ({ previous }), /the leaf computed/],
    ['no leaf before', ({ previous }) => ({ previous: { ...previous, leaf: null } }), /the leaf computed/],
    ['no report before', () => ({ previous: { header: null, leaf: null } }), /its leaf before/],
    [
      'a link',
      ({ facts }) => ({
        facts: { ...facts, providers: facts.providers.map(one => ({ ...one, link: facts.blockHash })) },
      }),
      /links that made/,
    ],
    [
      'another claim',
      ({ facts }) => ({ facts: { ...facts, providers: facts.providers.map(one => ({ ...one, claimKbps: 9000 })) } }),
      /the leaf computed/,
    ],
  ]
  for (const [what, lie, fails] of lies) {
    it(`attack: ${what}: a check fails that says so`, async () => {
      const [one, other] = [await of(PROVIDER), await of(another)]
      const { checks } = await recomputeProvider({ ...one, ...lie(one, other) })
      expect(checks.filter(({ holds }) => !holds).map(({ what }) => what)).to.satisfy((all: string[]) =>
        all.some(one => fails.test(one)),
      )
    })
  }

  it('names the receiver of a vote that is left out, where the leaf is the same without it', async () => {
    const one = await of(PROVIDER)
    const less = await recomputeProvider({ ...one, votes: one.votes.slice(1) })
    const explained = explanationOf(PROVIDER, less, report.posted, [], [])!
    expect(
      explained.votes.filter(({ counted }) => counted === 'missing').map(({ verifier }) => verifier),
    ).to.deep.equal([one.votes[0]!.verifier])
  })

  it('is explained once for all who ask, and leaves the thread to others', async () => {
    let reads = 0
    const counted: Pick<ProviderEvidence, 'held'> = {
      held: (...asked) => {
        reads++
        return evidence.held(...asked)
      },
    }
    const explainer = new Explainer(counted)
    const all = await Promise.all(Array.from({ length: 20 }, () => explainer.explain(PROVIDER, report, [])))
    for (const one of all) expect(one).to.equal(all[0])
    const proven = await recomputeProvider(await of(PROVIDER))
    expect(all[0]).to.deep.equal(explanationOf(PROVIDER, proven, report.posted, [], []))
    expect(reads).to.equal(1)
    expect(await explainer.explain(account('nobody'), report, [])).to.equal(undefined)
  })

  it('is not there without the ballots', async () => {
    const error = await evidence.of({ ...report, ballots: [] }, PROVIDER).catch((one: Error) => one)
    expect(error).to.be.instanceOf(Error).with.property('kind', 'not-kept')
    const unheld = { ...report, ballots: [{ verifier: 1, root: ZERO_HASH as Hex }] }
    expect(await evidence.of(unheld, PROVIDER).catch((one: Error) => one)).to.have.property('kind', 'not-kept')
  })
})

describe('the thread that plans epochs', () => {
  const facts = factsFromJson(WHOLE.facts)
  const task = { facts, params: WHOLE.params, provider: PROVIDER }
  const expected = assign(facts, WHOLE.params).besideOf(PROVIDER)
  let threads: ReturnType<typeof assignmentThreads>
  let pool: AssignmentPool
  const open = (limits = {}) => {
    threads = assignmentThreads(limits)
    pool = new AssignmentPool(threads)
  }
  afterEach(() => pool.close())

  it('plans as this thread would, and lives on after it was killed, which fails that task alone', async () => {
    open()
    expect(await pool.run(task)).to.deep.equal(expected)
    const both = Promise.allSettled([pool.run(task), pool.run(task)])
    await Promise.all(threads.threads.map(thread => thread.terminate()))
    expect((await both).map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled'])
  })

  it('keeps nobody waiting once the node stops', async () => {
    open()
    const waiting = [1, 2, 3].map(() => pool.run(task).catch((error: unknown) => error))
    await pool.close()
    for (const error of await Promise.all(waiting)) expect(error).to.be.instanceOf(Error)
  })
})
