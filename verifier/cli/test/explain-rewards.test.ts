/** `explain --rewards` against an API that serves a run of reports, in whole or in part. */
import { expect } from 'chai'
import { pathIn } from '../../api/route.js'
import { type ApiServer, serveApi } from '../../api/server.js'
import { UserError } from '../../config/errors.js'
import { account } from '../../core/test/samples.js'
import type { RewardEvidence } from '../../evidence/rewards-replay.js'
import { ENDPOINTS } from '../../evidence/schema/endpoints.js'
import { honest, PROVIDER, slow } from '../../evidence/test/epoch-evidence.js'
import { rewardRun } from '../../evidence/test/reward-run.js'
import { rewardsExplanationFor } from '../explain-rewards.js'
import { rewardsText } from '../explanation/rewards.js'
import { LINE_WIDTH } from '../wrap.js'

const VERIFIER = account('verifier 0')
const RUN = rewardRun([honest, honest, slow, honest, honest])

describe('explain --rewards', () => {
  let api: ApiServer | undefined
  afterEach(() => api?.close())

  /** @param kept the reports that the verifier still holds */
  async function explained(of: string, { kept = RUN, reports = 10 } = {}) {
    const find = (epoch: string): RewardEvidence | undefined =>
      epoch === 'latest' ? kept.at(-1) : kept.find(({ evidence }) => evidence.header.epoch === Number(epoch))
    api = await serveApi({ host: '127.0.0.1', port: 0 }, app => {
      for (const [endpoint, part] of [
        [ENDPOINTS.evidence, 'evidence'],
        [ENDPOINTS.rewards, 'shown'],
      ] as const) {
        app.get<{ Params: { epoch: string } }>(pathIn(endpoint), async ({ params }, reply) => {
          const found = find(params.epoch)
          return found ? found[part] : reply.code(404).send({ error: 'gone' })
        })
      }
    })
    const { url } = api
    return rewardsExplanationFor({ api: url, provider: of, epoch: 'latest', reports })
  }

  it('replays a claim down to the first report', async () => {
    const explanation = await explained(VERIFIER)
    expect(explanation.epochs.map(({ epoch }) => epoch)).to.deep.equal([5, 4, 3, 2, 1])
    expect(explanation.checks.filter(({ holds }) => !holds)).to.deep.equal([])
    expect(explanation.before).to.equal('0')
    const sum = explanation.epochs.reduce((all, { earned }) => all + BigInt(earned), 0n)
    expect(sum.toString()).to.equal(explanation.cumulative)
  })

  it('goes back as far as it was asked, or as the verifier has kept the votes', async () => {
    const two = await explained(VERIFIER, { reports: 2 })
    expect(two.epochs.map(({ epoch }) => epoch)).to.deep.equal([5, 4])
    expect(BigInt(two.before) > 0n).to.equal(true)
    await api?.close()
    const kept = await explained(VERIFIER, { kept: RUN.slice(2) })
    expect(kept.epochs.map(({ epoch }) => epoch)).to.deep.equal([5])
  })

  it('says which verifier to ask if the paid votes are gone', async () => {
    const error = await explained(VERIFIER, { kept: RUN.slice(3) }).catch(thrown => thrown)
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.include('does not hold what the rewards of epoch 5 follow from')
  })

  it('reads well, within the width of a terminal', async () => {
    const text = rewardsText(await explained(VERIFIER))
    expect(text).to.include('How the last report pays for epoch 3')
    expect(text).to.match(/Verifier 1 +\d+ points: 2 for its ballot, 2 for its signature, /)
    expect(text).to.match(/^ +EPOCH +PAYS FOR +BUDGET/m)
    expect(text.match(/^ {2}✓ .* \(epochs 1–5\)$/gm)).to.have.length(4)
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(LINE_WIDTH)
    await api?.close()
    const provider = rewardsText(await explained(PROVIDER))
    expect(provider).to.match(/Provider +Score \d/)
    await api?.close()
    expect(rewardsText(await explained(account('stranger')))).to.include('neither a verifier nor a provider')
  })
})
