/** Verifiers that answer with something else than they should: each ends in one line, without harm to the terminal. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { HOSTILE, type SampleNode, startSampleNode } from '../../verifier/api/test/sample-node.js'
import { askApi } from '../../verifier/cli/api-client.js'
import { explain, explanationFor } from '../../verifier/cli/explain.js'
import { explanationText } from '../../verifier/cli/explanation/text.js'
import { measure } from '../../verifier/cli/measure.js'
import { printable, printableJson, printableLines } from '../../verifier/cli/printable.js'
import { reputation, reputationOf, reputationTable } from '../../verifier/cli/reputation.js'
import { transcript } from '../../verifier/cli/transcript.js'
import { UserError } from '../../verifier/config/errors.js'
import { account } from '../../verifier/core/test/samples.js'
import { ENDPOINTS, type Endpoint } from '../../verifier/evidence/schema/endpoints.js'
import type { EvidenceJson } from '../../verifier/evidence/schema/evidence.js'
import { problemOf } from '../../verifier/evidence/schema/problem.js'
import { reputationSchema } from '../../verifier/evidence/schema/providers.js'
import { PROVIDER } from '../../verifier/evidence/test/epoch-evidence.js'
import { output, TIMEOUT_MS } from './support/command-line.js'

const UNPRINTABLE = /[\p{Cc}\p{Cf}]/u

const fault = async (work: Promise<unknown>): Promise<UserError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).to.be.instanceOf(UserError)
  expect((error as UserError).message).not.to.include('\n')
  return error as UserError
}
describe('a verifier that lies', function () {
  this.timeout(TIMEOUT_MS)
  let honest: SampleNode
  let server: Server
  let apiUrl: string
  let respond: (path: string, response: ServerResponse) => void

  before(async () => {
    honest = await startSampleNode()
    server = createServer((request, response) => respond(request.url!, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await honest.stop()
  })

  /** Answers everything as the honest verifier does, but for the evidence. */
  const withEvidence = (change: (evidence: Record<string, unknown>) => unknown) => {
    respond = async (path, response) => {
      const answer: unknown = await (await fetch(honest.api.url + path)).json()
      response.end(JSON.stringify(path.includes('evidence') ? change(answer as Record<string, unknown>) : answer))
    }
  }

  it('is found out by the form of its answers', async () => {
    const answers = [
      'null',
      '[]',
      '{}',
      '"x"',
      '[{"provider":"0x1"}]',
      '{"leaves":7}',
      '<html>',
      '{"header":{"epoch":"3"}}',
      '',
    ]
    for (const body of answers) {
      respond = (_, response) => response.end(body)
      for (const endpoint of Object.values<Endpoint>(ENDPOINTS)) {
        if (endpoint.answer.safeParse(JSON.parse(/^[[{"n]/.test(body) ? body : '0')).success) continue // an empty list
        const { message, code } = await fault(askApi(apiUrl, endpoint, {}))
        expect(message, body).to.include(`The answer of ${apiUrl} is not ${endpoint.title}`)
        expect(code).to.equal('configuration')
      }
    }
  })

  it('is not read beyond the longest honest answer', async () => {
    let sent = 0
    const block = Buffer.alloc(2 ** 20, ' ')
    respond = (_, response) => {
      const pump = () => {
        while (!response.destroyed && response.write(block)) sent += block.length
        sent += block.length
      }
      response.on('drain', pump)
      pump()
    }
    const { message } = await fault(askApi(apiUrl, ENDPOINTS.status))
    expect(message).to.include(`more than ${ENDPOINTS.status.maxBytes} bytes`)
    expect(sent).to.be.below(10 * ENDPOINTS.status.maxBytes)
  })

  const asked = { provider: PROVIDER, epoch: '2', rpc: undefined, network: undefined }
  const served = async (epoch: number) =>
    askApi(honest.api.url, ENDPOINTS.providerEvidence, { epoch, provider: PROVIDER })

  it('cannot pass one epoch off as another, nor mix two', async () => {
    const whole = honest.evidence
    for (const [first, second, flags] of [
      [await served(1), await served(2), { ...asked, api: apiUrl }],
      [whole[0]!, whole[1]!, { ...asked, api: apiUrl, 'whole-epoch': true }],
    ] as const) {
      withEvidence(() => first)
      expect((await fault(explanationFor(flags))).message).to.include('answers with epoch 1 instead of 2')
      withEvidence(() => ({ ...second, facts: first.facts }))
      expect((await fault(explanationFor(flags))).message).to.include('its parts belong to different reports')
      withEvidence(() => ({ ...second, posted: first.posted }))
      expect((await fault(explanationFor(flags))).message).to.include('its parts belong to different reports')
      withEvidence(() => ({ ...second, previous: first.previous }))
      expect((await explanationFor(flags)).checks.some(({ holds }) => !holds)).to.equal(true)
    }
    withEvidence(evidence => ({ ...evidence, provider: account('another') }))
    expect((await fault(explanationFor({ ...asked, api: apiUrl }))).message).to.include('another provider')
  })

  it('that serves votes or leaves that cannot be decoded is named, with the code of evidence that does not hold', async () => {
    const [, whole] = honest.evidence
    const one = await served(2)
    const without = (facts: EvidenceJson['facts']) => [
      { facts: { ...facts, verifiers: [] } },
      { facts: { ...facts, verifiers: facts.verifiers.map(verifier => ({ ...verifier, blsKey: '0x' })) } },
    ]
    const ofWhole = [
      ...[{ ballots: ['0xffff'] }, { ballots: [] }, { previous: { ...whole!.previous, leaves: ['0x01'] } }],
      ...without(whole!.facts),
    ]
    const ofOne = [
      { votes: one.votes.map(vote => ({ ...vote, encoded: '0xffff' })) },
      ...[{ votes: [] }, { ballotSet: [] }, { leaf: { encoded: '0x01', proof: [] } }],
      { previous: { ...one.previous, leaf: { encoded: '0x01', proof: [] } } },
      ...without(one.facts),
    ]
    const cases = [
      ...ofWhole.map(change => [change, { ...asked, api: apiUrl, 'whole-epoch': true }] as const),
      ...ofOne.map(change => [change, { ...asked, api: apiUrl }] as const),
    ]
    for (const [change, flags] of cases) {
      withEvidence(evidence => ({ ...evidence, ...change }))
      const outcome = await explanationFor(flags).catch((error: unknown) => error)
      if (outcome instanceof UserError) expect(outcome.code).to.equal('evidence')
      else
        expect(outcome)
          .to.have.property('checks')
          .that.satisfies((all: { holds: boolean }[]) => all.some(({ holds }) => !holds))
    }
  })

  it('cannot reach the terminal with control characters', async () => {
    respond = (_, response) => {
      response.statusCode = 404
      response.end(JSON.stringify(problemOf('not-kept', HOSTILE)))
    }
    for (const args of [['explain', PROVIDER], ['reputation']]) {
      const { code, stderr } = await output(...args, '--api', apiUrl)
      expect(code).to.equal(3)
      expect(stderr).to.match(/^bandwitness: [^\n]*\n$/)
      expect(stderr.slice(0, -1)).not.to.match(UNPRINTABLE)
    }
  })

  it('shows what a provider announces of itself only in a harmless form', async () => {
    const { code, stdout, stderr } = await output('reputation', '--json', '--api', honest.api.url)
    expect(code, stderr).to.equal(0)
    expect(stdout.slice(0, -1)).not.to.match(UNPRINTABLE)
    const rows = JSON.parse(stdout)
    expect(reputationSchema.parse(rows)).to.deep.equal(rows)
    expect(rows[0]).to.include({ peerId: HOSTILE, slashed: `${33n * 10n ** 18n}` })
    const table = reputationTable(await reputationOf({ api: honest.api.url }))
    expect(table.split('\n')).to.have.length(2)
    expect(table).not.to.match(/all is well/)
  })
})

describe('text that others chose', () => {
  it('keeps what it says, and loses its power over the terminal', () => {
    expect(printable('Zürich, 東京, ✓ 100 %')).to.equal('Zürich, 東京, ✓ 100 %')
    expect(printable('\u001b[31m\u009bH\u202eab\n\u{e0001}')).to.equal('\\u{1b}[31m\\u{9b}H\\u{202e}ab\\u{a}\\u{e0001}')
    expect(printableLines('a\r\nb')).to.equal('a\\u{d}\nb')
    const value = { '\u202e': ['\u009b', '\u{e0001}', 'a\nb', '\ud800'] }
    expect(printableJson(value)).not.to.match(UNPRINTABLE)
    expect(JSON.parse(printableJson(value))).to.deep.equal(value)
  })
})

describe('an argument that is none', function () {
  this.timeout(TIMEOUT_MS)

  it('is refused before anybody is asked', async () => {
    const api = 'http://127.0.0.1:1'
    const ended = await output('explain', '1', '--epoch', '3', '--api', api)
    expect(ended.code, ended.stderr).to.equal(2)
    expect(ended.stderr).to.equal(
      'bandwitness: 1 is not an address. Give 0x and 40 hexadecimal digits, the beginning of an address, or the name of a node of a testnet.\n',
    )

    const rest = { _: [], $0: '', rpc: undefined, network: undefined, api }
    const udp = {
      claim: undefined,
      seconds: undefined,
      'udp-host': undefined,
      udpHost: undefined,
      'udp-announce': undefined,
      udpAnnounce: undefined,
      'udp-port': 0,
      udpPort: 0,
    }
    const plain = { rewards: false, reports: 10 }
    const bad: readonly [work: () => unknown, says: string][] = [
      [() => explain.handler({ ...rest, ...plain, epoch: '-3', provider: PROVIDER }), '--epoch -3 is not an epoch.'],
      [() => explain.handler({ ...rest, ...plain, epoch: '3', provider: undefined }), '"" is not an address.'],
      [
        () => explain.handler({ ...rest, rewards: true, reports: 0, epoch: '3', provider: PROVIDER }),
        '--reports must be',
      ],
      [
        () => explain.handler({ ...rest, rewards: true, reports: 1, epoch: '3', provider: 'me' }),
        'me is not an address.',
      ],
      [() => reputation.handler({ ...rest, provider: '0x12 34' }), '0x12 34 is not an address.'],
      [() => measure.handler({ ...rest, ...udp, provider: 'me' }), 'me is not an address.'],
      [() => transcript.handler({ ...rest, epoch: 'latest', out: '/nowhere', session: '1' }), '1 is not a session id.'],
      [() => reputation.handler({ ...rest, api: 'localhost:7380' }), '--api localhost:7380 is not a URL.'],
    ]
    for (const [work, says] of bad) {
      const { code, message } = await fault(Promise.resolve(work()))
      expect(message).to.include(says)
      expect(code).to.equal('usage')
    }
  })

  it('is none only for its digits: capitals and spaces around them do not matter', async () => {
    const node = await startSampleNode()
    try {
      const rest = { api: node.api.url, epoch: ' 2 ', rpc: undefined, network: undefined }
      const plain = await explanationFor({ ...rest, provider: PROVIDER })
      for (const provider of [PROVIDER.toUpperCase(), `  0x${PROVIDER.slice(2).toUpperCase()}\n`]) {
        expect(await explanationFor({ ...rest, provider })).to.deep.equal(plain)
      }
      expect(explanationText(plain)).to.include(PROVIDER)
    } finally {
      await node.stop()
    }
  })
})
