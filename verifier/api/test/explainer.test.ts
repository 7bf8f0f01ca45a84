/** Explanations of a report that is too large for the thread that signs. */
import { expect } from 'chai'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { Ballot } from '../../../proto/messages.js'
import { account } from '../../core/test/samples.js'
import { explanationOf } from '../../evidence/explanation.js'
import { recompute } from '../../evidence/recompute.js'
import { epochOf, GENESIS, PROVIDER, slow } from '../../evidence/test/epoch-evidence.js'
import { ExplainPool, explainThreads } from '../explain-pool.js'
import { Explainer } from '../explainer.js'
import { Problem } from '../problem.js'
import type { Accepted } from '../reports.js'

const { evidence } = epochOf(1, slow, GENESIS, undefined, undefined, 60)
const accounts = evidence.facts.providers.map(one => one.account as Hex)
const { header, headerHash, posted } = evidence
const ballots = evidence.ballots.map(hex => Ballot.decode(fromHex(hex)))
const REPORT: Accepted = {
  ...{ header, headerHash, posted, isWrong: false },
  ballots: ballots.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
}
/** The same report as another one: what is known of the first does not help. */
const another = (n: number): Accepted => {
  const hash: Hex = `0x${n.toString(16).padEnd(64, '0')}`
  return { ...REPORT, headerHash: hash, posted: { ...posted, headerHash: hash } }
}

describe('the explainer', function () {
  this.timeout(60_000)
  let threads: ReturnType<typeof explainThreads>
  let explainer: Explainer
  /** how often the evidence was read */
  let reads: number
  let asked: Promise<unknown>[]
  const open = (limits = {}) => {
    reads = 0
    threads = explainThreads(limits)
    const storedEvidence = async (report: Accepted) => {
      reads++
      return { ...evidence, headerHash: report.headerHash, ballots: evidence.ballots.map(hex => fromHex(hex)) }
    }
    explainer = new Explainer(
      { storedEvidence, evidence: async () => expect.fail('computed in this thread') },
      new ExplainPool(threads),
    )
  }
  const explain = (provider: Hex, report = REPORT) => {
    const one = explainer.explain(provider, report, [])
    asked.push(one.catch(() => undefined))
    return one
  }
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail('it was explained'),
      error => error,
    )
  beforeEach(() => {
    asked = []
  })
  afterEach(async () => {
    await explainer.close()
    await Promise.all(asked)
  })

  it('says of a large report what a small one would say, once for all who ask, and leaves the thread to others', async () => {
    open()
    const expected = explanationOf(PROVIDER, recompute(evidence), posted, [], [])
    await explain(account('nobody')) // starts the worker
    let turns = 0
    const otherWork = setInterval(() => turns++, 1)
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => explain(PROVIDER, another(7))))
    clearInterval(otherWork)
    expect(first).to.deep.equal({
      ...expected,
      certificate: { ...expected!.certificate, headerHash: another(7).headerHash },
      checks: first!.checks,
    })
    for (const other of others) expect(other).to.equal(first)
    expect(reads).to.equal(2)
    expect(turns, 'turns of other work meanwhile').to.be.above(10)
    const [one, two] = await Promise.all([explain(accounts[1]!), explain(accounts[2]!)])
    expect([one?.provider, two?.provider, reads]).to.deep.equal([accounts[1], accounts[2], 2])
    expect(await explain(account('nobody'))).to.equal(undefined)
  })

  it('reads the evidence once for many that ask about several providers, and again if others came between', async () => {
    open()
    await Promise.all(accounts.slice(0, 8).map(provider => explain(provider)))
    expect(reads).to.equal(1)
    for (const n of [1, 2]) await explain(PROVIDER, another(n))
    await explain(accounts[9]!)
    expect(reads).to.equal(4)
  })

  it('refuses more than can wait, and answers those that do', async () => {
    open()
    const all = await Promise.allSettled(accounts.map(provider => explain(provider)))
    const refused = all.filter(one => one.status === 'rejected').map(one => one.reason)
    expect(refused).to.have.length.within(1, accounts.length - 16)
    for (const reason of refused) expect(reason).to.be.instanceOf(Problem).with.property('kind', 'overloaded')
    expect((await explain(accounts.at(-1)!))?.provider).to.equal(accounts.at(-1))
  })

  it('lives on after its worker was killed, and fails those alone whose task that was', async () => {
    open()
    await explain(PROVIDER)
    const both = Promise.allSettled([explain(PROVIDER, another(1)), explain(PROVIDER, another(2))])
    await Promise.all(threads.threads.map(thread => thread.terminate()))
    expect((await both).map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled'])
    expect((await explain(PROVIDER, another(1)))?.provider).to.equal(PROVIDER)
    expect((await explain(accounts[1]!))?.provider).to.equal(accounts[1])
  })

  it('keeps nobody waiting once the node stops, and starts no other worker', async () => {
    open()
    const waiting = [explain(PROVIDER), explain(accounts[1]!), explain(PROVIDER, another(1))].map(failure)
    await explainer.close()
    for (const error of await Promise.all(waiting)) expect(error).to.be.instanceOf(Error)
    expect(await failure(explain(accounts[2]!))).to.be.instanceOf(Error)
    expect(threads.threads).to.deep.equal([])
  })

  it('lives on if the memory of its worker is too small', async () => {
    open({ maxOldGenerationSizeMb: 10 })
    expect(await failure(explain(PROVIDER)))
      .to.be.instanceOf(Error)
      .and.not.instanceOf(Problem)
    expect(await failure(explain(PROVIDER))).to.be.instanceOf(Error)
  })
})
