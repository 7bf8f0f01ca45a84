/**
 * Mutated requests to a verifier's API, and mutated answers to its clients. `npm run fuzz` has a million of each. A server
 * answers each request with JSON, and none is its own fault; a client takes no answer but those of the documented form.
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { fuzz, fuzzTimeoutMs, runsOf } from '../../../proto/test/fuzz.js'
import { mutated } from '../../../proto/test/mutations.js'
import { connect as connectTo } from '../../client/index.js'
import { problemSchema } from '../../evidence/schema/problem.js'
import { ALL, pathOf, REQUESTS } from './requests.js'
import { type SampleNode, startSampleNode } from './sample-node.js'

const paths = ALL.map(([name]) => pathOf(name))
/** Over a real connection each. */
const RUNS = runsOf(300)
const AT_ONCE = 16

describe('fuzzed requests and answers of the API', function () {
  this.timeout(fuzzTimeoutMs())
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  it('each get an answer that says what is wrong, and none is a fault of the server', async () => {
    const samples = paths.map(path => Buffer.from(path.slice(1)))
    const codes = new Set<number>()
    await fuzz(
      'requests to the API',
      fc.tuple(mutated(samples), fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'), fc.string()),
      async ([path, method, body]) => {
        const url = `${node.api.url}/${path.toString('latin1').replaceAll(/[/\\.]{2,}/g, '/')}`
        const response = await fetch(url, { method, ...(method === 'POST' && { body }) })
        codes.add(response.status)
        expect(response.status, url).to.be.below(500)
        const text = await response.text()
        if (response.status >= 400 && method !== 'HEAD') problemSchema.parse(JSON.parse(text))
      },
      RUNS,
      AT_ONCE,
    )
    expect(codes).to.include(404).and.include(200)
  })

  it('that are not even HTTP end their own connection alone', async () => {
    const { hostname, port } = new URL(node.api.url)
    const samples = paths.map(path => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`))
    await fuzz(
      'bytes to the API',
      mutated(samples),
      async bytes => {
        const socket = connect({ host: hostname, port: Number(port) })
        socket.on('error', () => {}).resume()
        socket.end(bytes)
        await once(socket, 'close')
      },
      runsOf(100),
      AT_ONCE,
    )
    expect((await fetch(node.api.url + paths[0])).status).to.equal(200)
  })

  it('are taken by a client only if they have the documented form', async () => {
    const answers = await Promise.all(paths.map(async path => (await fetch(node.api.url + path)).arrayBuffer()))
    const samples = answers.map(bytes => Buffer.from(bytes))
    const liars = await Promise.all(Array.from({ length: AT_ONCE }, startLiar))
    const idle = [...liars]
    const kinds = { answer: 0, silent: 0, refused: 0, unusable: 0 }
    try {
      await fuzz(
        'answers of the API',
        fc.tuple(fc.nat(ALL.length - 1), mutated(samples)),
        async ([which, bytes]) => {
          const liar = idle.pop()!
          liar.says = bytes
          const [name, endpoint] = ALL[which]!
          const answer = await connectTo(liar.url).ask(endpoint, REQUESTS[name] ?? {})
          idle.push(liar)
          kinds[answer.kind]++
          if (answer.kind === 'answer') expect(endpoint.answer.safeParse(answer.value).success).to.equal(true)
        },
        RUNS,
        AT_ONCE,
      )
    } finally {
      for (const { server } of liars) {
        server.close()
        server.closeAllConnections()
      }
    }
    expect(kinds.silent + kinds.refused).to.equal(0)
    expect(kinds.answer).to.be.above(0)
    expect(kinds.unusable).to.be.above(RUNS / 10)
  })
})

/** A server that says the same to every request. */
async function startLiar(): Promise<{ server: Server; url: string; says: Buffer }> {
  const server = createServer((_, response) => response.end(liar.says))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const liar = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, says: Buffer.alloc(0) }
  return liar
}
