/** No answer is longer than its endpoint says, and what would be is refused before it is made. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { BallotIndex, INDEX_ENTRY_BYTES } from '../../../proto/ballot-index.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex } from '../../../proto/hex.js'
import { connect } from '../../client/index.js'
import { PARAMS } from '../../core/test/samples.js'
import type { Endpoint } from '../../evidence/schema/endpoints.js'
import { epochOf, honest, NETWORK } from '../../evidence/test/epoch-evidence.js'
import { Store } from '../../store/store.js'
import { Problem } from '../problem.js'
import type { ReportingNode } from '../reporting-node.js'
import type { Accepted } from '../reports.js'
import { routesOf, Streamed, Tagged } from '../route.js'
import { serveApi } from '../server.js'
import { refuseAbove, wholeEvidence } from '../whole-evidence.js'
import { ALL, pathOf } from './requests.js'
import { putEpochs, type SampleNode, startSampleNode } from './sample-node.js'

describe('the ceilings of the API', () => {
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  it('hold for every answer', async () => {
    for (const [name, { maxBytes }] of ALL) {
      const body = await (await fetch(node.api.url + pathOf(name))).text()
      expect(body.length, name).to.be.within(1, maxBytes)
    }
  })

  it('refuse a longer answer, as a problem that a client understands', async () => {
    const endpoint: Endpoint = {
      ...{ path: '/v1/long', title: 'a long answer', params: z.strictObject({}), query: z.strictObject({}) },
      ...{ answer: z.string(), maxBytes: 1000 },
    }
    const made: unknown[] = ['x'.repeat(998), 'x'.repeat(999), new Tagged('tag', () => 'x'.repeat(999))]
    const api = await serveApi({ host: '127.0.0.1', port: 0 }, app => routesOf(app)(endpoint, () => made.shift()))
    try {
      expect(await connect(api.url).ask(endpoint)).to.include({ kind: 'answer' })
      for (const _ of [1, 2])
        expect(await connect(api.url).ask(endpoint)).to.include({ status: 413, problem: 'too-large' })
    } finally {
      await api.close()
    }
  })

  it('refuse the evidence of an epoch by what it would be, and write what is short enough in pieces', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bandwitness-ceilings-'))
    const store = await Store.open(directory, { mode: 'create' })
    try {
      const epoch = epochOf(1, honest)
      await putEpochs(store, [epoch])
      const reporting = { store, chain: { network: NETWORK }, network: { params: PARAMS } } as unknown as ReportingNode
      const summary = (await store.reportSummary(1, epoch.evidence.headerHash))!
      const report: Accepted = { ...summary, posted: summary.posted! }
      const written = await wholeEvidence(reporting, report)
      expect(written).to.be.instanceOf(Streamed)
      const pieces: string[] = []
      for await (const piece of written.json) pieces.push(piece)
      expect(JSON.parse(pieces.join(''))).to.deep.equal(JSON.parse(JSON.stringify(epoch.evidence)))
      const longest = Math.max(...pieces.map(({ length }) => length))
      expect(longest).to.be.below(pieces.join('').length / 2)

      const votes = 40_000
      const large = new BallotIndex(indexOf(votes))
      const root: Hex = keccakText('large')
      const head = {
        epoch: 1,
        verifier: 9,
        root: fromHex(root),
        signature: new Uint8Array(96),
        schedule: new Uint8Array(96),
      }
      await store.ballots.putHead(head, large)
      const ballots = [...report.ballots, { verifier: 9, root }]
      const error = await wholeEvidence(reporting, { ...report, ballots }).catch((one: unknown) => one)
      expect(error).to.be.instanceOf(Problem).with.property('kind', 'too-large')
    } finally {
      await store.close()
      await rm(directory, { recursive: true })
    }
  })

  it('are exact', () => {
    refuseAbove(100, 100, 1)
    expect(() => refuseAbove(100, 101, 7)).to.throw(Problem, 'epoch 7')
  })
})

/** An index of so many votes, ascending by provider. */
function indexOf(votes: number): Uint8Array {
  const bytes = new Uint8Array(votes * INDEX_ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < votes; i++) view.setUint32(i * INDEX_ENTRY_BYTES, i)
  return bytes
}
