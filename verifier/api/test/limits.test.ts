/** What strangers and clumsy clients send, and what it does to the others: nothing. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { fuzzTimeoutMs } from '../../../proto/test/fuzz.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { KnownEvents } from '../../chain/known-events.js'
import { connect as connectTo } from '../../client/index.js'
import { problemSchema } from '../../evidence/schema/problem.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { EVENT_OPTIONS, type EventSource, eventRoutes } from '../event-routes.js'
import { serveApi } from '../server.js'
import { ALL, pathOf } from './requests.js'
import { type SampleNode, startSampleNode } from './sample-node.js'

/** `npm run fuzz` sends a hundred thousand. */
const MALFORMED = Number(process.env.BANDWITNESS_FUZZ_RUNS ?? 1000) / 10
const MAX_LISTENERS = 3

/** @param text of one answer, as far as it has come */
function isWhole(text: string): boolean {
  const bodyAt = text.indexOf('\r\n\r\n') + 4
  const length = /^content-length: (\d+)/im.exec(text.slice(0, bodyAt))
  return length === null ? text.endsWith('\r\n0\r\n\r\n') : Buffer.byteLength(text.slice(bodyAt)) === Number(length[1])
}

describe("the limits of a verifier's API", function () {
  this.timeout(Math.max(60_000, fuzzTimeoutMs()))
  let node: SampleNode
  before(async () => {
    node = await startSampleNode(
      {},
      { ...EVENT_OPTIONS, lookMs: 10, maxListeners: MAX_LISTENERS, maxWaitingBytes: 1024 },
    )
  })
  after(() => node.stop())

  const problemOf = async (response: Response) => problemSchema.parse(await response.json())

  it('takes no method that writes, whatever the path and the body', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      for (const path of ['/v1/status', '/nothing']) {
        const response = await fetch(node.api.url + path, {
          method,
          ...(method === 'POST' && { body: 'x'.repeat(1e6) }),
        })
        expect(response.status).to.equal(405)
        expect(response.headers.get('allow')).to.equal('GET, HEAD')
        expect((await problemOf(response)).detail).to.include(method)
      }
    }
  })

  it('takes no URL that is too long, and none whose escapes are broken', async () => {
    const long = await fetch(`${node.api.url}/v1/providers?q=${'a'.repeat(3000)}`)
    expect(await problemOf(long)).to.include({ status: 414, type: 'urn:bandwitness:problem:too-long' })
    const broken = await fetch(`${node.api.url}/v1/providers/%E0%A4%A`)
    expect(await problemOf(broken)).to.include({ status: 400, type: 'urn:bandwitness:problem:invalid-request' })
  })

  it('answers HEAD as GET, without a body', async () => {
    for (const [name] of ALL) {
      const response = await fetch(node.api.url + pathOf(name), { method: 'HEAD' })
      expect(response.status, name).to.equal(200)
      expect(await response.text(), name).to.equal('')
    }
  })

  it('sends nothing again that the caller has', async () => {
    for (const [name] of ALL) {
      const url = node.api.url + pathOf(name)
      const etag = (await fetch(url)).headers.get('etag')!
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
        const again = await fetch(url, { headers: { 'if-none-match': known } })
        expect(again.status, `${name} ${known}`).to.equal(304)
        expect(await again.text()).to.equal('')
      }
      expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).to.equal(200)
    }
  })

  it('stays up under many malformed requests at once', async () => {
    const bad = [
      '/v1/providers/x',
      '/v1/epochs/-1',
      '/v1/epochs?limit=1e9',
      `/v1/proofs/${PROVIDER}/0`,
      '/%',
      '/v2',
      '//',
    ]
    for (let sent = 0; sent < MALFORMED; sent += 100) {
      const batch = Array.from({ length: 100 }, (_, i) => fetch(node.api.url + bad[(sent + i) % bad.length]))
      for (const response of await Promise.all(batch)) {
        expect(response.status).to.be.within(400, 414)
        await response.arrayBuffer()
      }
    }
    expect((await fetch(`${node.api.url}/health`)).status).to.equal(200)
  })

  it('asks the chain once for many that ask at once', async () => {
    let looks = 0
    const events = async () => {
      looks++
      return new KnownEvents()
    }
    const counting = await startSampleNode({ events })
    try {
      const startMs = performance.now()
      await Promise.all(Array.from({ length: 40 }, () => fetch(`${counting.api.url}/v1/epochs`)))
      expect(looks).to.be.within(1, 1 + Math.floor((performance.now() - startMs) / 500)) // a look holds for half a second
    } finally {
      await counting.stop()
    }
  })

  it('waits for no chain that says nothing, and says why it is not ready', async () => {
    const health = new ChainHealth()
    health.failed('eth_call', 'http://rpc.example answers HTTP 429')
    const silent = await startSampleNode({ health, events: () => new Promise(() => undefined) })
    try {
      const ready = await fetch(`${silent.api.url}/ready`)
      expect(await problemOf(ready)).to.include({ status: 503, type: 'urn:bandwitness:problem:not-ready' })
      expect((await fetch(`${silent.api.url}/health`)).status).to.equal(200)
      expect((await problemOf(await fetch(`${silent.api.url}/v1/epochs`))).detail).to.include('HTTP 429')
    } finally {
      await silent.stop()
    }
  })

  describe('on one connection', () => {
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
    const PIPELINED = 100 // more than the places of either kind

    for (const [first, rest] of [
      ['/v1/events', '/health'],
      ['/health', '/v1/events'],
    ] as const) {
      it(`attack: requests for ${rest} behind one for ${first} take no place from others`, async () => {
        const socket = connect(Number(new URL(node.api.url).port), '127.0.0.1').on('error', () => undefined)
        socket.write(get(first) + get(rest).repeat(PIPELINED))
        await once(socket.resume(), 'close')
        expect((await fetch(`${node.api.url}/health`)).status).to.equal(200)
        const listening = await fetch(`${node.api.url}/v1/events`)
        await listening.body?.cancel()
        expect(listening.status).to.equal(200)
      })
    }

    it('answers one request after another', async () => {
      const socket = connect(Number(new URL(node.api.url).port), '127.0.0.1')
      try {
        for (const path of ['/health', pathOf('evidence'), '/v1/providers', '/health']) {
          socket.write(get(path))
          const [head] = (await once(socket, 'data')) as [Buffer]
          expect(head.toString(), path).to.match(/^HTTP\/1.1 200/)
          for (let text = head.toString(); !isWhole(text); ) text += (await once(socket, 'data')).toString()
        }
      } finally {
        socket.destroy()
      }
    })
  })

  describe('of its events', () => {
    it('tells a new listener where things stand, and then what happens', async () => {
      const stop = new AbortController()
      for await (const event of connectTo(node.api.url).events({ signal: stop.signal })) {
        expect(event).to.include({ event: 'phase', epoch: 3 })
        break
      }
    })

    it('serves a bounded number of listeners, and others once one has gone', async () => {
      const stop = new AbortController()
      const listen = () => fetch(`${node.api.url}/v1/events`, { signal: stop.signal })
      const listening = await Promise.all(Array.from({ length: MAX_LISTENERS }, listen))
      expect(listening.map(({ status }) => status)).to.deep.equal([200, 200, 200])
      const refused = await fetch(`${node.api.url}/v1/events`)
      expect(await problemOf(refused)).to.include({ status: 503, type: 'urn:bandwitness:problem:overloaded' })
      stop.abort()
      for (;;) {
        const again = await fetch(`${node.api.url}/v1/events`)
        await again.body?.cancel()
        if (again.status === 200) break
      }
    })

    it('drops a listener that does not read, and keeps nothing for it', async () => {
      const event = { event: 'phase', epoch: 1, state: 'idle', sentence: 'x'.repeat(20_000) } as const
      const source: EventSource = { look: async () => Array.from({ length: 50 }, () => event), now: () => [event] }
      const gone = Promise.withResolvers<void>()
      const busy = await serveApi({ host: '127.0.0.1', port: 0 }, app => {
        app.server.once('connection', socket => socket.once('close', () => gone.resolve()))
        eventRoutes(app, () => source, { ...EVENT_OPTIONS, lookMs: 1 })
      })
      const socket = connect(Number(new URL(busy.url).port), '127.0.0.1')
      try {
        await once(socket, 'connect')
        socket.pause()
        socket.write('GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n')
        await gone.promise
      } finally {
        socket.destroy()
        await busy.close()
      }
    })
  })
})
