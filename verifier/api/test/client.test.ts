/** The client over a real server, and against servers that answer as they like. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ApiError, connect, ENDPOINTS } from '../../client/index.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { EXITED, type SampleNode, startSampleNode } from './sample-node.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Serves what the listener says, for as long as the work takes. */
async function serving<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const failure = (work: Promise<unknown>): Promise<ApiError> =>
  work.then(
    () => expect.fail('it did not fail'),
    error => error,
  )

describe("the client of a verifier's API", () => {
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  it('gives answers their types, and parameters their places', async () => {
    const api = connect(node.api.url)
    expect((await api.get(ENDPOINTS.provider, { provider: PROVIDER })).settlements).to.have.length(1)
    expect((await api.get(ENDPOINTS.explanation, { provider: PROVIDER, epoch: 1 })).epoch).to.equal(1)
    expect((await api.get(ENDPOINTS.explanation, { provider: PROVIDER })).epoch).to.equal(2)
    expect((await api.get(ENDPOINTS.health)).up).to.equal(true)
  })

  it('reads lists page after page', async () => {
    const api = connect(node.api.url)
    const listed = await all(api.items(ENDPOINTS.providers, { state: 'all', limit: 1, sort: 'provider' }))
    expect(listed.map(({ provider }) => provider)).to.have.members([PROVIDER, EXITED])
    const epochs = await all(api.items(ENDPOINTS.epochs, { limit: 1 }))
    const shown = epochs.map(({ epoch, state }) => `${epoch} ${state}`)
    expect(shown).to.deep.equal(['3 measuring', '2 certified', '1 certified'])
  })

  it('passes on what the node says is wrong', async () => {
    const error = await failure(connect(node.api.url).get(ENDPOINTS.leaves, { epoch: 9 }))
    expect(error).to.be.instanceOf(ApiError).with.property('message').that.includes('404: The chain has no report')
  })

  it('names silence, a wrong form and a length that no honest answer has', async () => {
    const silent = await serving(
      () => undefined,
      url => connect(url, { timeoutMs: 50 }).ask(ENDPOINTS.status),
    )
    expect(silent.kind).to.equal('silent')
    const wrong = await serving(
      (_, response) => response.end('{"up":"yes"}'),
      url => connect(url).ask(ENDPOINTS.health),
    )
    expect(wrong).to.include({ kind: 'unusable' })
    const long = await serving(
      (_, response) => response.end(Buffer.alloc(2 * ENDPOINTS.health.maxBytes, ' ')),
      url => connect(url).ask(ENDPOINTS.health),
    )
    expect(long).to.deep.equal({ kind: 'unusable', fault: `more than ${ENDPOINTS.health.maxBytes} bytes` })
  })

  it('ends with the reason of its caller, and at once', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    await serving(
      () => stop.abort(reason),
      async url =>
        expect(await failure(connect(url).ask(ENDPOINTS.status, {}, { signal: stop.signal }))).to.equal(reason),
    )
  })

  it('reads no event whose line never ends, and none of another form', async () => {
    for (const body of [`data: ${'x'.repeat(200_000)}`, 'data: {"event":"other"}\n\n', 'data: no json\n\n']) {
      const error = await serving(
        (_, response) => response.end(body),
        url => failure(all(connect(url).events())),
      )
      expect(error).to.be.instanceOf(ApiError)
    }
  })

  it('needs nothing that a browser lacks', () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      const text = readFileSync(file, 'utf8')
      for (const [, from] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms)) {
        if (from!.startsWith('.')) visit(join(dirname(file), from!.replace(/\.js$/, '.ts')))
        else packages.add(from!)
      }
      expect(text, relative(ROOT, file)).not.to.match(/\bBuffer\.|\bprocess\./)
    }
    visit(join(ROOT, 'verifier/client/index.ts'))
    expect([...packages].filter(name => !/^(zod|@noble\/hashes\/.*)$/.test(name))).to.deep.equal([])
    expect(seen.size).to.be.above(20)
  })
})
