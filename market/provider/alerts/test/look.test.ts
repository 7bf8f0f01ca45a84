/** Looks at the API of a verifier, and a webhook that fails now and then: both real HTTP servers. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { bandwitness } from '../../../../testnet/test/support/command-line.js'
import { type SampleNode, startSampleNode } from '../../../../verifier/api/test/sample-node.js'
import { withoutSecrets } from '../../../../verifier/config/secrets.js'
import { type AlertJson, alertSchema, alertsSchema } from '../../../../verifier/evidence/schema/alerts.js'
import { ENDPOINTS, urlOf } from '../../../../verifier/evidence/schema/endpoints.js'
import type { SettlementJson } from '../../../../verifier/evidence/schema/providers.js'
import type { LeafJson, ReportJson } from '../../../../verifier/evidence/schema/report.js'
import { PROVIDER } from '../../../../verifier/evidence/test/epoch-evidence.js'
import { look } from '../look.js'
import { reportSource } from '../report-source.js'
import { Shown } from '../shown.js'
import { Webhook } from '../webhook.js'

const KEY = 'T0KEN9f8e7d6c5b4a3210'
const WELL = { scoreBps: 9000, breachBits: 0, rateKbps: 25_000, penaltyBps: 0 }

describe('a look for alerts', () => {
  const servers: Server[] = []
  let sample: SampleNode
  let template: ReportJson
  let directory: string
  let memoryPath: string
  /** by epoch; a hole is an epoch without a report */
  let leaves: Partial<LeafJson>[]
  let settlements: Partial<SettlementJson>[]
  let apiUrl: string
  let hookUrl: string
  let posted: AlertJson[]
  /** status of the next answers of the webhook; then 204 */
  let answers: (number | 'hang up')[]

  async function serve(respond: (path: string, body: string, response: ServerResponse) => void): Promise<string> {
    const server = createServer(async (request, response) => respond(request.url!, await text(request), response))
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  before(async () => {
    sample = await startSampleNode()
    template = (await (
      await fetch(new URL(urlOf(ENDPOINTS.leaves, { epoch: 'latest' }), sample.api.url))
    ).json()) as ReportJson
  })
  after(() => sample.stop())
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-alerts-'))
    memoryPath = join(directory, 'state.json')
    ;[leaves, settlements, posted, answers] = [[], [], [], []]
    apiUrl = await serve(async (path, _, response) => {
      const json = (value: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(value))
      const epoch = /^\/v1\/epochs\/(.+)\/leaves$/.exec(path)?.[1]
      if (epoch !== undefined) return json(...reportOf(epoch === 'latest' ? leaves.length : Number(epoch)))
      const answer = (await (await fetch(new URL(path, sample.api.url))).json()) as object
      json(path.startsWith('/v1/providers/') ? { ...answer, settlements } : answer)
    })
    hookUrl = await serve((path, body, response) => {
      expect(path).to.equal(`/services/${KEY}`)
      const answer = answers.shift() ?? 204
      if (answer === 'hang up') return void response.destroy()
      if (answer < 300) posted.push(alertSchema.parse(JSON.parse(body)))
      response.writeHead(answer, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    })
    hookUrl += `/services/${KEY}`
  })
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(directory, { recursive: true })
  })

  function reportOf(epoch: number): [unknown, number] {
    const leaf = leaves[epoch - 1]
    if (leaf === undefined) return [{ error: 'no report' }, 404]
    const all = template.leaves.map(one => ({
      ...one,
      ...(one.provider === PROVIDER ? { ...WELL, ...leaf } : {}),
      epoch,
    }))
    return [{ ...template, header: { ...template.header, epoch }, leaves: all }, 200]
  }
  async function lookNow(change: { provider?: `0x${string}` } = {}, shown = new Shown(() => {})) {
    const webhook = new Webhook(hookUrl)
    const thresholds = { scoreUnderBps: 8000, unmeasuredFor: 2 }
    const { signal } = new AbortController()
    const seen = await look(
      { provider: PROVIDER, thresholds, memoryPath, ...change },
      { source: reportSource(apiUrl, PROVIDER), shown, tell: alert => webhook.post(alert, signal) },
    )
    if (seen?.fault !== undefined) throw seen.fault
    return seen
  }
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: Error) => error.message,
    )
  const events = () => posted.map(({ event, kind, epoch }) => `${epoch} ${event} ${kind}`)

  it('tells of a breach once, over restarts, and of the recovery once', async () => {
    expect(await lookNow()).to.equal(undefined) // no report yet
    leaves.push({}, { breachBits: 1 })
    expect((await lookNow())!.active.map(({ kind }) => kind)).to.deep.equal(['breach'])
    await lookNow()
    leaves.push({ breachBits: 3 })
    await lookNow()
    leaves.push({})
    const { active, told } = (await lookNow())!
    expect([active, told.length]).to.deep.equal([[], 1])
    await lookNow()
    expect(events()).to.deep.equal(['2 alert breach', '3 alert breach', '4 recovery breach'])
    expect(readdirSync(directory)).to.deep.equal(['state.json'])
  })

  it('sees a penalty that came and went between two looks of the report, until it is taken', async () => {
    leaves.push({ penaltyBps: 866 })
    delete leaves[1]
    leaves[2] = {}
    await lookNow()
    settlements = [{ ...{ epoch: 1, provider: PROVIDER, charged: '1', refuted: false }, txHash: template.txHash }]
    await lookNow()
    expect(events()).to.deep.equal(['3 alert penalty', '3 recovery penalty'])
  })

  it('looks back at its start, so that reports without a rate count from the first one', async () => {
    leaves.push({}, { rateKbps: null }, { rateKbps: null })
    await lookNow()
    expect(events()).to.deep.equal(['3 alert unmeasured'])
  })

  it('ends with 11 as a command that looks once, and says what is wrong in JSON', async () => {
    leaves.push({ breachBits: 1 })
    const args = ['provider', 'alerts', PROVIDER, '--api', apiUrl, '--state', memoryPath, '--webhook', hookUrl]
    const { code, stdout, stderr } = await bandwitness([...args, '--once', '--json'])
    expect(code, stderr).to.equal(11)
    expect(stderr).to.equal('bandwitness: Something is wrong with the provider: breach.')
    const { active, told } = alertsSchema.parse(JSON.parse(stdout))
    expect([active.map(({ kind }) => kind), told]).to.deep.equal([['breach'], posted])
    expect(
      (await bandwitness(['provider', 'alerts', PROVIDER, '--state', memoryPath, '--score-under', '0'])).code,
    ).to.equal(2)
  })

  it('says what is wrong as a command that looks once, whatever the webhook does', async () => {
    leaves.push({ breachBits: 1 })
    answers = [404]
    const args = [
      'provider',
      'alerts',
      PROVIDER,
      '--api',
      apiUrl,
      '--state',
      memoryPath,
      '--webhook',
      hookUrl,
      '--once',
    ]
    const { code, stdout, stderr } = await bandwitness(args)
    expect([code, posted]).to.deep.equal([3, []])
    expect(stdout).to.match(new RegExp(`^! ${PROVIDER}: .*breach`))
    expect(stderr)
      .to.match(/takes no alerts: it answers HTTP 404\. Check --webhook\.$/)
      .and.not.include(KEY)
  })

  it('tries a webhook again that fails, and tells at the next look what was not delivered', async () => {
    leaves.push({ breachBits: 1, scoreBps: 100 })
    answers = [429, 'hang up']
    await lookNow()
    expect(events()).to.deep.equal(['1 alert breach', '1 alert score'])
    leaves.push({ breachBits: 3, scoreBps: 100 })
    answers = [404]
    expect(await faultOf(lookNow())).to.match(/takes no alerts: it answers HTTP 404\. Check --webhook/)
    await lookNow()
    expect(events()).to.deep.equal(['1 alert breach', '1 alert score', '2 alert breach'])
  })

  it('shows at once, and once, what a webhook does not take, and whatever else is new', async () => {
    const seen: string[] = []
    const shown = new Shown(({ epoch, event, kind }) => seen.push(`${epoch} ${event} ${kind}`))
    leaves.push({ breachBits: 1, scoreBps: 100 })
    answers = [404]
    await faultOf(lookNow({}, shown))
    expect([events(), seen]).to.deep.equal([[], ['1 alert breach', '1 alert score']])
    leaves.push({ breachBits: 1, scoreBps: 100 })
    await lookNow({}, shown)
    expect(events()).to.deep.equal(['2 alert breach', '2 alert score'])
    expect(seen).to.have.lengthOf(2)
    leaves.push({})
    answers = [404]
    await faultOf(lookNow({}, shown))
    expect(seen.slice(2)).to.deep.equal(['3 recovery breach', '3 recovery score'])
  })

  it('shows the key in the URL of a webhook to nobody, and follows no redirect', async () => {
    leaves.push({ breachBits: 1 })
    answers = [307]
    const fault = await faultOf(lookNow())
    expect(fault).to.include('HTTP 307').and.not.include(KEY)
    expect(withoutSecrets(`fetch of ${hookUrl} failed`)).to.not.include(KEY)
    expect(() => new Webhook(`ftp://example.org/${KEY}`)).to.throw(/^What --webhook names is no URL/)
  })

  it('takes no file that it did not write for its own, and leaves it as it is', async () => {
    leaves.push({ breachBits: 1 })
    for (const content of ['', '{"provider":', JSON.stringify({ provider: PROVIDER, told: {} })]) {
      writeFileSync(memoryPath, content)
      expect(await faultOf(lookNow())).to.match(/^Cannot use --state .*move that one away/)
      expect(readFileSync(memoryPath, 'utf8')).to.equal(content)
    }
    rmSync(memoryPath)
    await lookNow()
    expect(await faultOf(lookNow({ provider: `0x${'77'.repeat(20)}` }))).to.include(`it is about ${PROVIDER}`)
    expect(posted).to.have.length(1)
  })

  it('tells nothing of what it could not remember', async () => {
    leaves.push({ breachBits: 1 })
    memoryPath = join(directory, 'missing', 'state.json')
    expect(await faultOf(lookNow())).to.match(/^Cannot write .*Nothing of it was written/)
    expect([posted, existsSync(memoryPath)]).to.deep.equal([[], false])
  })

  it('goes not back with a verifier that is behind, and names an account that no report holds', async () => {
    leaves.push({}, { breachBits: 1 })
    await lookNow()
    leaves.pop()
    await lookNow()
    expect(events()).to.deep.equal(['2 alert breach'])
    const nobody = `0x${'77'.repeat(20)}` as const
    memoryPath = join(directory, 'other.json')
    const thresholds = { scoreUnderBps: undefined, unmeasuredFor: undefined }
    const looking = look(
      { provider: nobody, thresholds, memoryPath },
      { source: reportSource(apiUrl, nobody), tell: async () => {} },
    )
    expect(await faultOf(looking)).to.include('is in none of the reports')
  })
})
