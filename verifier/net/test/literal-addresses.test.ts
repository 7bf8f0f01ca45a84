import { createSocket, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { expect } from 'chai'
import { addressesOf, udpHostOf } from '../../../probe/io/resolve-host.js'
import { literalHosts, literalMultiaddrs } from '../literal-addresses.js'

const A = 1
const AAAA = 28
/** What the DNS server of these tests knows. */
const RECORDS: Readonly<Record<string, { readonly a?: string; readonly aaaa?: string }>> = {
  'both.example': { a: '192.0.2.7', aaaa: '20010db8000000000000000000000007' },
  'four.example': { a: '192.0.2.8' },
}

/** Answers questions about `RECORDS` (RFC 1035, section 4), and never those about `silent.example`. */
function answerTo(question: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (; question[at] !== 0; at += question[at]! + 1)
    labels.push(question.subarray(at + 1, at + 1 + question[at]!).toString())
  const name = labels.join('.')
  if (name === 'silent.example') return undefined
  const type = question.readUInt16BE(at + 1)
  const { a, aaaa } = RECORDS[name] ?? {}
  const data =
    type === A && a ? Buffer.from(a.split('.').map(Number)) : Buffer.from((type === AAAA && aaaa) || '', 'hex')
  const header = Buffer.from(question.subarray(0, 12))
  header.writeUInt16BE(name in RECORDS ? 0x8180 : 0x8183, 2)
  header.writeUInt16BE(data.length > 0 ? 1 : 0, 6)
  header.fill(0, 8)
  const record = Buffer.alloc(12)
  record.writeUInt16BE(0xc00c, 0)
  record.writeUInt16BE(type, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(60, 6)
  record.writeUInt16BE(data.length, 10)
  return Buffer.concat([header, question.subarray(12, at + 5), ...(data.length > 0 ? [record, data] : [])])
}

describe('host names in addresses', () => {
  let server: Socket
  /** The DNS servers that this machine is told to ask. */
  let servers: readonly string[]
  let patienceMs: number
  const openDns = () => {
    const dns = new Resolver({ timeout: patienceMs, tries: 1 })
    dns.setServers(servers)
    return dns
  }
  const lookUp = (host: string) => addressesOf(host, openDns)
  beforeEach(() => {
    patienceMs = 20_000
  })

  before(async () => {
    server = createSocket('udp4', (question, { port, address }) => {
      const answer = answerTo(question)
      if (answer) server.send(answer, port, address)
    })
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    servers = [`127.0.0.1:${server.address().port}`]
  })
  after(() => {
    server.close()
  })

  it('stand for addresses of both families', async () => {
    expect(await lookUp('both.example')).to.deep.equal(['192.0.2.7', '2001:db8::7'])
    expect(await lookUp('four.example')).to.deep.equal(['192.0.2.8'])
    expect(await lookUp('2001:db8::9')).to.deep.equal(['2001:db8::9'])
    expect(await lookUp('localhost')).to.deep.equal(['127.0.0.1', '::1'])
  })

  it('stand for none if nobody knows them, if no answer comes, or if they are no names', async () => {
    for (const name of ['unknown.example', '', '\u{1f980}', 'x'.repeat(300)])
      expect(await lookUp(name), name).to.deep.equal([])
    patienceMs = 100
    expect(await lookUp('silent.example')).to.deep.equal([])
  })

  it('are asked of the servers that the machine has now, after it came into another network', async () => {
    const there = servers
    servers = ['127.0.0.1:1']
    patienceMs = 100
    expect(await lookUp('four.example')).to.deep.equal([])
    servers = there
    patienceMs = 20_000
    expect(await lookUp('four.example')).to.deep.equal(['192.0.2.8'])
  })

  it('become multiaddrs of the families that they allow', async () => {
    const all = [
      '/dns/both.example/tcp/1',
      '/dns4/both.example/tcp/2',
      '/dns6/both.example/tcp/3',
      '/ip4/192.0.2.9/tcp/4',
    ]
    expect(await literalMultiaddrs(all, lookUp)).to.deep.equal([
      '/ip4/192.0.2.7/tcp/1',
      '/ip6/2001:db8::7/tcp/1',
      '/ip4/192.0.2.7/tcp/2',
      '/ip6/2001:db8::7/tcp/3',
      '/ip4/192.0.2.9/tcp/4',
    ])
    expect(await literalMultiaddrs(['/dns6/four.example/tcp/1', '/dns/unknown.example/tcp/1'], lookUp)).to.deep.equal(
      [],
    )
    expect(await literalHosts(all, lookUp)).to.deep.equal(['192.0.2.7', '2001:db8::7', '192.0.2.9'])
  })

  it('cost a bounded number of questions, however many a peer announces', async () => {
    let asked = 0
    const many = Array.from({ length: 1000 }, (_, i) => `/dns/n${i}.example/tcp/1`)
    await literalMultiaddrs(many, async () => {
      asked++
      return []
    })
    expect(asked).to.equal(16)
  })
})

describe('the UDP host that a provider names', () => {
  const at = (udpHost: string | undefined, connected: string, receiver = '9.9.9.9') =>
    udpHostOf({ udpHost, udpPort: 4000 }, connected, receiver)

  it('is that of its connection, unless it names another', async () => {
    expect(await at(undefined, '8.8.8.8')).to.equal('8.8.8.8')
    expect(await at('8.8.8.8', '8.8.8.8')).to.equal('8.8.8.8')
    expect(await at('8.8.4.4', '8.8.8.8')).to.equal('8.8.4.4')
    expect(await at('localhost', '::1')).to.equal('::1')
  })

  it('is of the receiver’s family if it can be', async () => {
    expect(await at('localhost', '127.0.0.5', '127.0.0.9')).to.equal('127.0.0.1')
    expect(await at('2606:4700::1111', '8.8.8.8')).to.equal('2606:4700::1111')
  })

  it('leads into no network that the provider is not in', async () => {
    for (const host of ['10.0.0.1', '127.0.0.1', 'localhost', '224.0.0.1', '255.255.255.255', 'fe80::1', '0.0.0.0'])
      expect(await at(host, '8.8.8.8').catch((error: Error) => error.message), host).to.match(/leads nowhere/)
  })
})
