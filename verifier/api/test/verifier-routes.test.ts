/** The API beside its description: every answer has exactly the documented form, and bad input is the caller's fault. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { recompute } from '../../evidence/recompute.js'
import { ENDPOINTS, type Endpoint, errorSchema, pathOf } from '../../evidence/schema/endpoints.js'
import { statusSchema } from '../../evidence/schema/status.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { type SampleNode, SESSION, startSampleNode } from './sample-node.js'

const ARGUMENTS: Partial<Record<keyof typeof ENDPOINTS, string>> = {
  report: 'latest',
  evidence: '2',
  rewards: '2',
  settlements: PROVIDER,
  transcript: SESSION,
}

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

  for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    it(`answers ${endpoint.path} with ${endpoint.title}, and with nothing beside that`, async () => {
      const { status, body } = await get(pathOf(endpoint, ARGUMENTS[name as keyof typeof ENDPOINTS]))
      expect(status).to.equal(200)
      // Parsing drops what the schema does not name.
      expect(endpoint.answer.parse(body)).to.deep.equal(body)
    })
  }

  it('serves evidence that its report follows from', async () => {
    const evidence = ENDPOINTS.evidence.answer.parse((await get('/v1/evidence/latest')).body)
    expect(evidence).to.deep.equal(node.evidence[1])
    expect(recompute(evidence).checks.every(({ holds }) => holds)).to.equal(true)
  })

  it('takes arguments in capitals and with spaces around them', async () => {
    for (const path of [
      `/v1/settlements/${PROVIDER.toUpperCase()}`,
      `/v1/settlements/%20${PROVIDER}%20`,
      `/v1/transcripts/${SESSION.toUpperCase()}`,
      '/v1/reports/LATEST',
    ]) {
      expect((await get(path)).status, path).to.equal(200)
    }
  })

  it('answers 400, and says what to give, to an argument that is none', async () => {
    const bad: Record<string, readonly string[]> = {
      'Give a number from 1, or latest.': ['reports', 'evidence'].flatMap(route =>
        ['0', '-1', '1.5', '1e3', 'abc', '99999999999', '%1b%5b2J'].map(epoch => `/v1/${route}/${epoch}`),
      ),
      'Give 0x and 40 hexadecimal digits.': ['1', 'abc', '0x', PROVIDER.slice(0, -1), `${PROVIDER}0`, '%00'].map(
        provider => `/v1/settlements/${provider}`,
      ),
      'Give 0x and 64 hexadecimal digits.': ['1', PROVIDER, SESSION.slice(2)].map(
        session => `/v1/transcripts/${session}`,
      ),
    }
    for (const [hint, paths] of Object.entries(bad)) {
      for (const path of paths) {
        const { status, body } = await get(path)
        expect(status, path).to.equal(400)
        expect(errorSchema.parse(body).error, path).to.include(hint)
      }
    }
  })

  it('answers 404 where it has nothing, and says so', async () => {
    for (const [path, says] of [
      ['/v1/reports/7', 'no report of epoch 7'],
      ['/v1/evidence/7', 'no report of epoch 7'],
      [`/v1/transcripts/${keccakText('other')}`, 'evidence period'],
      ['/v1/nothing', 'There is no GET /v1/nothing'],
    ] as const) {
      const { status, body } = await get(path)
      expect(status, path).to.equal(404)
      expect(errorSchema.parse(body).error).to.include(says)
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
      const report = await fetch(`${silent.api.url}/v1/reports/1`)
      expect(report.status).to.equal(503)
      expect(errorSchema.parse(await report.json()).error).to.include('HTTP 429')
    } finally {
      await silent.stop()
    }
  })

  it('answers 500 without the fault itself, which may name a private address', async () => {
    const broken = await startSampleNode({ tip: () => Promise.reject(new Error('http://key@10.0.0.1 is down')) })
    try {
      const response = await fetch(`${broken.api.url}/v1/status`)
      expect(response.status).to.equal(500)
      const { error } = errorSchema.parse(await response.json())
      expect(error).to.include('could not answer').and.not.to.include('10.0.0.1')
    } finally {
      await broken.stop()
    }
  })
})
