/** Exports of a verifier's real API, read back by another library, and of histories with gaps. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fastify from 'fastify'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { fromHex, ZERO_HASH } from '../../../proto/hex.js'
import { decodeLeaf } from '../../../proto/leaf.js'
import { startSampleNode } from '../../api/test/sample-node.js'
import { UserError } from '../../config/errors.js'
import { leafJson, type ReportJson } from '../../evidence/schema/report.js'
import { epochOf, GENESIS, NETWORK, slow } from '../../evidence/test/epoch-evidence.js'
import { parseEpochs } from '../export/epoch-range.js'
import { FORMATS } from '../export/formats.js'
import { reportsOf } from '../export/reports.js'
import { COLUMNS, type Row } from '../export/row.js'
import { rowsOf } from '../export/rows.js'
import { main } from '../main.js'

/** Reports of these epochs, each upon the one before. */
function reportsAt(epochs: readonly number[]): ReportJson[] {
  let previous: Parameters<typeof epochOf>[2] = GENESIS
  return epochs.map(epoch => {
    const { evidence, next } = epochOf(epoch, slow, previous)
    previous = next
    return {
      ...evidence.posted,
      leaves: evidence.leaves.map(leaf => leafJson(decodeLeaf(fromHex(leaf)))),
    } as ReportJson
  })
}

/** Epochs 3 and 4 have no report. */
const REPORTS = reportsAt([1, 2, 5, 6])
const NEWEST = 6

const historyOf = (held: readonly ReportJson[]) => ({
  network: NETWORK,
  newestEpoch: NEWEST,
  report: async (epoch: number) => held.find(({ header }) => header.epoch === epoch),
})

async function epochsOf(held: readonly ReportJson[], range: string): Promise<number[]> {
  const epochs: number[] = []
  for await (const { header } of reportsOf(historyOf(held), parseEpochs(range))) epochs.push(header.epoch)
  return epochs
}

const faultOf = (work: Promise<unknown>): Promise<UserError> =>
  work.then(
    () => expect.fail('there is no fault'),
    error => {
      expect(error).to.be.instanceOf(UserError)
      return error
    },
  )

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

const bufferOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer

/** Numbers of 64 bits are bigints in Parquet. */
const plain = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )

describe('the epochs of an export', () => {
  it('are those with a report: that the others have none follows from the next one', async () => {
    expect(await epochsOf(REPORTS, '1..latest')).to.deep.equal([1, 2, 5, 6])
    expect(await epochsOf(REPORTS, '2..4'), 'it ends with epochs that have none').to.deep.equal([2])
    expect(await epochsOf(REPORTS, '6..6')).to.deep.equal([6])
  })

  it('are not there at all if the verifier deleted one of them, and the error names those', async () => {
    const [, second, third, fourth] = REPORTS as [ReportJson, ReportJson, ReportJson, ReportJson]
    const cases: [readonly ReportJson[], string, string][] = [
      [[second, third, fourth], '1..6', 'epoch 1,'],
      [[REPORTS[0]!, fourth], '1..6', 'epochs 2 to 5,'],
      [[REPORTS[0]!, second, third], '1..6', 'epoch 6,'],
      [[REPORTS[0]!, fourth], '1..2', 'epochs 2 to 5,'],
      [[], '1..6', 'epochs 1 to 6,'],
    ]
    for (const [held, range, named] of cases) {
      const { message, code } = await faultOf(epochsOf(held, range))
      expect(message, range).to.include(named).and.to.include('--api')
      expect(code).to.equal('configuration')
    }
    const { message } = await faultOf(epochsOf([second, third, fourth], '1..6'))
    expect(message, 'it says what works').to.include('Begin with epoch 2')
    expect(await epochsOf([second, third, fourth], '2..6')).to.deep.equal([2, 5, 6])
  })

  it('are checked: a leaf, a header or an order that is made up is no report', async () => {
    const [first, second, third, fourth] = REPORTS as [ReportJson, ReportJson, ReportJson, ReportJson]
    const forged = { ...second, leaves: second.leaves.map(leaf => ({ ...leaf, scoreBps: 10_000 })) }
    const renamed = { ...second, headerHash: ZERO_HASH }
    for (const liar of [forged, renamed]) {
      const { code } = await faultOf(epochsOf([first, liar, third, fourth], '1..6'))
      expect(code).to.equal('evidence')
    }
    const fork = reportsAt([2])[0]!
    expect((await faultOf(epochsOf([first, fork, third, fourth], '1..6'))).code).to.equal('evidence')
  })

  it('must be a range that has begun', async () => {
    for (const bad of ['', '3', '3-4', '0..4', '-1..4', '1..1e3', '4..99999999999', 'latest..4', '5..4', '1..∞'])
      expect(() => parseEpochs(bad), bad).to.throw(UserError, '--epochs')
    expect(parseEpochs(' 3..LATEST ')).to.deep.equal({ first: 3, last: undefined })
    for (const range of ['1..7', '7..9', '7..latest'])
      expect((await faultOf(epochsOf(REPORTS, range))).message).to.include('epoch 6')
  })
})

describe('the rows of an export', () => {
  it('hold what a penalty took, and nothing that was refuted; a provider is asked about once', async () => {
    const [report] = REPORTS as [ReportJson]
    const [leaf] = report.leaves
    const penalised = { ...report, leaves: [{ ...leaf!, penaltyBps: 500 }] }
    const settled = { provider: leaf!.provider, charged: '7', refuted: false, txHash: ZERO_HASH }
    let asked = 0
    const settlements = async () => {
      asked++
      return [
        { ...settled, epoch: 1 },
        { ...settled, epoch: 1, charged: '100', refuted: true },
        { ...settled, epoch: 2, charged: '30' },
      ]
    }
    const rows: Row[] = []
    async function* all() {
      yield* [penalised, penalised, report]
    }
    for await (const batch of rowsOf(all(), { settlements })) rows.push(...batch)
    expect(rows.map(({ slashed }) => slashed)).to.deep.equal(['7', '7', '0'])
    expect(asked).to.equal(1)
    expect(rows[0]).to.include({ headerHash: report.headerHash, txHash: report.txHash })
    expect(Object.keys(rows[0]!)).to.deep.equal(COLUMNS.map(({ name }) => name))
  })

  it('are the same in Parquet as in JSON lines, the largest numbers and no rate included', async () => {
    const [leaf] = REPORTS[0]!.leaves
    const row: Row = { ...leaf!, headerHash: ZERO_HASH, txHash: ZERO_HASH, slashed: '0' }
    const large: Row = {
      ...row,
      rateKbps: null,
      claimKbps: 2 ** 32 - 1,
      throughputQ32: 2 ** 53 - 1,
      slashed: (2n ** 256n - 1n).toString(),
    }
    async function* batches() {
      yield [row]
      yield []
      yield [large]
    }
    const lines = String(await bytesOf(FORMATS.jsonl(batches())))
      .trim()
      .split('\n')
    const found = await parquetReadObjects({ file: bufferOf(await bytesOf(FORMATS.parquet(batches()))) })
    expect(found.map(plain)).to.deep.equal([row, large])
    expect(lines.map(line => JSON.parse(line))).to.deep.equal([row, large])
  })

  it('go into several groups if there are many, and into a file without rows if there are none', async () => {
    const [leaf] = REPORTS[0]!.leaves
    const rows = Array.from({ length: 9000 }, (_, index): Row => {
      return { ...leaf!, index, headerHash: ZERO_HASH, txHash: ZERO_HASH, slashed: '0' }
    })
    async function* epochs(count: number) {
      for (let i = 0; i < count; i++) yield rows
    }
    const many = bufferOf(await bytesOf(FORMATS.parquet(epochs(6))))
    expect(parquetMetadata(many).row_groups.map(group => Number(group.num_rows))).to.deep.equal([50_000, 4000])
    const indices = await parquetReadObjects({ file: many, columns: ['index'] })
    expect(indices.map(({ index }) => Number(index))).to.deep.equal(
      Array(6)
        .fill(rows.map(row => row.index))
        .flat(),
    )
    const none = bufferOf(await bytesOf(FORMATS.parquet(epochs(0))))
    expect(Number(parquetMetadata(none).num_rows)).to.equal(0)
  })
})

/** In front of an API. @param goesOn asked before each request for `path`; if not, the answer is 500 */
async function asked(apiUrl: string, path: string, goesOn: () => boolean) {
  const app = fastify({ forceCloseConnections: true })
  app.get('*', async ({ url }, reply) => {
    if (url === path && !goesOn()) return reply.code(500).send({})
    const answer = await fetch(new URL(url, apiUrl))
    return reply
      .code(answer.status)
      .type('application/json')
      .send(await answer.text())
  })
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

describe('bandwitness export', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-export-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  it('saves what a verifier serves, in either form', async () => {
    const node = await startSampleNode()
    try {
      const [jsonl, parquet] = [join(dir, 'a.jsonl'), join(dir, 'a.parquet')]
      const given = ['export', '--api', node.api.url, '--epochs', '1..latest']
      expect(await main([...given, '--out', jsonl])).to.equal(0)
      expect(await main([...given, '--out', parquet, '--format', 'parquet'])).to.equal(0)
      const rows = (await readFile(jsonl, 'utf8'))
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Row)
      expect(rows.map(({ epoch }) => epoch)).to.deep.equal([1, 2])
      expect(rows.map(({ headerHash }) => headerHash)).to.deep.equal(node.evidence.map(one => one.headerHash))
      const found = await parquetReadObjects({ file: bufferOf(await readFile(parquet)) })
      expect(found.map(plain)).to.deep.equal(rows)
    } finally {
      await node.stop()
    }
  })

  it('leaves nothing where a signal ends it', async () => {
    const node = await startSampleNode()
    const front = await asked(node.api.url, '/v1/epochs/2/leaves', () => {
      process.emit('SIGHUP', 'SIGHUP')
      return true
    })
    try {
      const listening = process.listenerCount('SIGHUP')
      const out = join(dir, 'half.jsonl')
      expect(await main(['export', '--api', front.url, '--epochs', '1..2', '--out', out])).to.equal(2)
      expect(await readdir(dir)).to.deep.equal([])
      expect(process.listenerCount('SIGHUP')).to.equal(listening)
    } finally {
      await front.close()
      await node.stop()
    }
  })

  it('leaves nothing where it fails half-way, and never replaces a file', async () => {
    const node = await startSampleNode()
    const front = await asked(node.api.url, '/v1/epochs/2/leaves', () => false)
    try {
      const given = ['export', '--api', front.url, '--epochs', '1..2', '--out']
      expect(await main([...given, join(dir, 'half.jsonl')])).to.equal(3)
      expect(await readdir(dir)).to.deep.equal([])
      await writeFile(join(dir, 'own.jsonl'), 'mine')
      expect(
        await main(['export', '--api', node.api.url, '--epochs', '1..1', '--out', join(dir, 'own.jsonl')]),
      ).to.equal(2)
      expect(await readFile(join(dir, 'own.jsonl'), 'utf8')).to.equal('mine')
      expect(await readdir(dir)).to.deep.equal(['own.jsonl'])
    } finally {
      await front.close()
      await node.stop()
    }
  })
})
