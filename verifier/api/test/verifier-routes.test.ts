/** The API beside its description: every answer has exactly the documented form, and bad input is the caller's fault. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { explanationOf } from '../../evidence/explanation.js'
import { recompute } from '../../evidence/recompute.js'
import { recomputeProvider } from '../../evidence/recompute-provider.js'
import { ENDPOINTS } from '../../evidence/schema/endpoints.js'
import { PROBLEM_MEDIA_TYPE, problemSchema } from '../../evidence/schema/problem.js'
import { statusSchema } from '../../evidence/schema/status.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { ALL, pathOf } from './requests.js'
import { EXITED, type SampleNode, SESSION, startSampleNode } from './sample-node.js'

describe("a verifier's API", () => {
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  const get = async (path: string) => {
    const response = await fetch(node.api.url + path)
    return { status: response.status, body: (await response.json()) as unknown }
  }

  for (const [name, endpoint] of ALL) {
    it(`answers ${endpoint.path} with ${endpoint.title}, and with nothing beside that`, async () => {
      const { status, body } = await get(pathOf(name))
      expect(status).to.equal(200)
      // Parsing drops what the schema does not name.
      expect(endpoint.answer.parse(body)).to.deep.equal(body)
    })
  }

  it('serves evidence that its report follows from', async () => {
    const evidence = ENDPOINTS.evidence.answer.parse((await get('/v1/epochs/latest/evidence')).body)
    expect(evidence).to.deep.equal(node.evidence[1])
    expect(recompute(evidence).checks.every(({ holds }) => holds)).to.equal(true)
  })

  it('explains a score as everybody can who computes it again from the evidence', async () => {
    for (const epoch of [1, 2]) {
      const { body } = await get(`/v1/providers/${PROVIDER}/explanation?epoch=${epoch}`)
      const served = await get(`/v1/epochs/${epoch}/evidence/${PROVIDER}`)
      const evidence = ENDPOINTS.providerEvidence.answer.parse(served.body)
      const page = ENDPOINTS.provider.answer.parse((await get(`/v1/providers/${PROVIDER}`)).body)
      const own = explanationOf(PROVIDER, await recomputeProvider(evidence), evidence.posted, page.settlements, [])
      expect(body).to.deep.equal(own)
      const history = ENDPOINTS.history.answer.parse((await get(`/v1/providers/${PROVIDER}/history`)).body)
      const shown = history.items.find(one => one.epoch === epoch)
      expect(shown).to.deep.include({ leaf: own!.leaf, settlement: own!.settlement })
      if (epoch === 2) expect(page).to.deep.include({ leaf: own!.leaf, outlook: own!.outlook })
    }
  })

  it('shows a provider that is in no report and has only announced itself as one that has exited', async () => {
    const page = ENDPOINTS.provider.answer.parse((await get(`/v1/providers/${EXITED}`)).body)
    expect(page).to.include({ state: 'exited', claimKbps: 0, leaf: null, outlook: null, parts: null })
    const listed = async (state: string) =>
      ENDPOINTS.providers.answer.parse((await get(`/v1/providers?state=${state}`)).body).total
    expect(await Promise.all(['active', 'exited', 'all', 'new'].map(listed))).to.deep.equal([1, 1, 2, 0])
  })

  it('takes arguments in capitals and with spaces around them', async () => {
    for (const path of [
      `/v1/providers/${PROVIDER.toUpperCase()}`,
      `/v1/providers/%20${PROVIDER}%20`,
      `/v1/transcripts/${SESSION.toUpperCase()}`,
      '/v1/epochs/LATEST/leaves',
      '/v1/providers?SORT'.replace('SORT', 'sort=SCORE&order=Desc&state=Active'),
    ]) {
      expect((await get(path)).status, path).to.equal(200)
    }
  })

  it('answers 400, and says what to give, to an argument that is none', async () => {
    const bad: Record<string, readonly string[]> = {
      'Give a number from 1, or latest.': ['leaves', 'evidence', 'ballots'].flatMap(route =>
        ['0', '-1', '1.5', '1e3', 'abc', '99999999999', '%1b%5b2J'].map(epoch => `/v1/epochs/${epoch}/${route}`),
      ),
      'Give 0x and 40 hexadecimal digits.': [
        ...['1', 'abc', '0x', PROVIDER.slice(0, -1), `${PROVIDER}0`, '%00', '0x2685…1cfc', 'vitalik.eth'],
        'a'.repeat(1000),
      ].map(provider => `/v1/providers/${encodeURIComponent(provider)}`),
      'is not a number from 1 to 1000.': ['0', '1001', '-1', '1e2', '', ' ', '٣'].map(
        limit => `/v1/providers?limit=${limit}`,
      ),
      'Give one of index, provider, claim': ['/v1/providers?sort=nothing', '/v1/providers?sort='],
      'Give the `next` of the page before.': ['/v1/providers?cursor=1', `/v1/providers?cursor=0:${PROVIDER}x`],
      'Give it once.': ['/v1/providers?q=a&q=b'],
      'There is no parameter "__proto__" here': ['/v1/providers?__proto__=1'],
      'There is no parameter "limt" here': ['/v1/providers?limt=1', '/v1/status?limt=1', '/health?limt=1'],
      'Give 0x and 64 hexadecimal digits.': ['1', PROVIDER, SESSION.slice(2)].map(
        session => `/v1/transcripts/${session}`,
      ),
    }
    for (const [hint, paths] of Object.entries(bad)) {
      for (const path of paths) {
        const { status, body } = await get(path)
        expect(status, path).to.equal(400)
        expect(problemSchema.parse(body).detail, path).to.include(hint)
      }
    }
  })

  it('answers 404 where it has nothing, and says so', async () => {
    for (const [path, says] of [
      ['/v1/epochs/7', 'Epoch 7 has not begun'],
      ['/v1/epochs/7/leaves', 'no report of epoch 7'],
      ['/v1/epochs/7/evidence', 'no report of epoch 7'],
      [`/v1/providers/${SESSION.slice(0, 42)}`, 'is no provider that this node knows'],
      [`/v1/providers/${EXITED}/explanation`, 'was not an active provider in epoch 2'],
      [`/v1/proofs/${EXITED}/2`, 'has no leaf in the report of epoch 2'],
      [`/v1/transcripts/${keccakText('other')}`, 'evidence period'],
      ['/v1/nothing', 'There is no GET /v1/nothing'],
    ] as const) {
      const { status, body } = await get(path)
      expect(status, path).to.equal(404)
      expect(problemSchema.parse(body).detail).to.include(says)
    }
  })

  it('says what it waits for while the chain does not answer, and waits for nothing itself', async () => {
    const health = new ChainHealth()
    health.failed('eth_call', 'http://rpc.example answers HTTP 429')
    const silent = await startSampleNode({ health, tip: () => new Promise(() => undefined) })
    try {
      const status = statusSchema.parse(await (await fetch(`${silent.api.url}/v1/status`)).json())
      expect(status.chain.fault).to.include('HTTP 429')
      expect(status.chain.pending[0]).to.include({ what: 'post', nonce: 7, raises: 2 })
      expect(status.sentence).to.include('HTTP 429')
      const report = await fetch(`${silent.api.url}/v1/epochs/1/leaves`)
      expect(report.status).to.equal(503)
      expect(problemSchema.parse(await report.json()).detail).to.include('HTTP 429')
    } finally {
      await silent.stop()
    }
  })

  it('answers 500 without the fault itself, which may name a private address', async () => {
    const broken = await startSampleNode({ tip: () => Promise.reject(new Error('http://key@10.0.0.1 is down')) })
    try {
      const response = await fetch(`${broken.api.url}/v1/status`)
      expect(response.status).to.equal(500)
      const { detail } = problemSchema.parse(await response.json())
      expect(response.headers.get('content-type')).to.include(PROBLEM_MEDIA_TYPE)
      expect(detail).to.include('could not answer').and.not.to.include('10.0.0.1')
    } finally {
      await broken.stop()
    }
  })
})
