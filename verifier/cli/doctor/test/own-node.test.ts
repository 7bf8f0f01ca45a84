/** The doctor beside a node that runs, or beside a stranger at its API's address. */
import { expect } from 'chai'
import { type ApiServer, serveApi } from '../../../api/server.js'
import { type OwnNode, ownNode, runningFindings } from '../own-node.js'

const HOST = '127.0.0.1'
const ACCOUNT = `0x${'ab'.repeat(20)}` as const
const UDP = { backend: 'mmsg', kernelTimestamps: true, port: 4001, receiveBufferBytes: 1 << 24 } as const
const STATUS = { account: ACCOUNT, pid: 7, faults: [], udp: { ...UDP, overruns: 0 }, peers: 4, more: 'unknown fields' }

describe('the doctor beside a running node', function () {
  this.retries(2)
  let api: ApiServer | undefined
  afterEach(() => api?.close())

  async function nodeAt(answer: unknown, account = ACCOUNT as `0x${string}`) {
    api = await serveApi({ host: HOST, port: 0 }, app => void app.get('/v1/status', async () => answer))
    return ownNode(account, HOST, Number(new URL(api.url).port))
  }
  const gradesOf = (status: object) =>
    runningFindings({ ...STATUS, ...status } as never).map(({ subject, grade }) => `${subject}: ${grade}`)

  it('knows its own node, and that the node holds the ports', async () => {
    const own = await nodeAt(STATUS)
    expect(own.kind).to.equal('runs')
    const [ports, ...rest] = runningFindings((own as OwnNode & { kind: 'runs' }).status)
    expect(ports).to.include({ subject: 'ports', grade: 'good' })
    expect(ports!.found).to.include('process 7').and.include('UDP port 4001')
    expect(rest).to.deep.equal([])
  })

  it('takes no other node, no other program and no silence for its own', async () => {
    expect((await nodeAt(STATUS, `0x${'cd'.repeat(20)}`)).kind).to.equal('other')
    await api!.close()
    expect((await nodeAt({ hello: 'world' })).kind).to.equal('silent')
    expect((await ownNode(ACCOUNT, HOST, 1)).kind).to.equal('silent')
    expect((await ownNode(ACCOUNT, HOST, 0)).kind).to.equal('silent')
  })

  it('tells what the node knows: its faults, lost datagrams, no peers, a line below the claim', () => {
    const latest = { claimKbps: 25_000, deliveredKbps: 12_500 }
    expect(gradesOf({ faults: ['the clock is off', 'verifiers do not reach this provider'] })).to.deep.equal([
      ...['ports: good', 'node: bad', 'node: bad'],
    ])
    expect(gradesOf({ peers: 0, udp: { ...UDP, overruns: 3 } })).to.deep.equal([
      ...['ports: good', 'peers: bad', 'overruns: warning'],
    ])
    expect(gradesOf({ headroom: { readings: 2, missed: 1, latest } })).to.deep.equal(['ports: good', 'line: warning'])
    expect(gradesOf({ headroom: { readings: 2, missed: 0, latest } })).to.deep.equal(['ports: good', 'line: good'])
  })
})
