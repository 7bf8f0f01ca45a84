/** The ways of a modelled path, with plain sockets at their ends. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect } from 'chai'
import { hostsOf } from '../../bench/justice/hosts.js'
import { delay } from '../line/filters.js'
import { chain } from '../line/stage.js'
import { ModelledPath, type PathLines } from '../modelled-path.js'

const hosts = hostsOf(4, 0)
const WIDE = { in: [], out: chain([]), back: chain([]), directMs: 0, nat: false } satisfies PathLines

describe('a modelled path', () => {
  const sockets: Socket[] = []
  let path: ModelledPath | undefined

  async function socket(): Promise<Socket> {
    const one = createSocket('udp4')
    sockets.push(one)
    one.bind(0, hosts.ends)
    await once(one, 'listening')
    return one
  }

  async function open(lines: PathLines = WIDE) {
    const [provider, receiver, sender] = [await socket(), await socket(), await socket()]
    const [relayPort, receiverPort] = [provider.address().port, receiver.address().port]
    path = await ModelledPath.open(hosts, { relayPort, receiverPort }, lines)
    return { provider, receiver, sender, relayPort, receiverPort }
  }

  const next = async (at: Socket): Promise<{ text: string; from: RemoteInfo }> => {
    const [message, from] = (await once(at, 'message')) as [Buffer, RemoteInfo]
    return { text: message.toString(), from }
  }

  afterEach(async () => {
    await path?.close()
    path = undefined
    for (const one of sockets.splice(0)) one.close()
  })

  it('shows each end of the way out the front of the other, with the other’s port', async () => {
    const { provider, receiver, relayPort, receiverPort } = await open()
    const atReceiver = next(receiver)
    provider.send('data', receiverPort, hosts.front)
    const { text, from } = await atReceiver
    expect([text, from.address, from.port]).to.deep.equal(['data', hosts.front, relayPort])
    const atProvider = next(provider)
    receiver.send('echo', from.port, from.address)
    const back = await atProvider
    expect([back.text, back.from.address, back.from.port]).to.deep.equal(['echo', hosts.front, receiverPort])
  })

  it('has another port behind a NAT, which leads back as well', async () => {
    const { provider, receiver, relayPort, receiverPort } = await open({ ...WIDE, nat: true })
    const atReceiver = next(receiver)
    provider.send('data', receiverPort, hosts.front)
    const { from } = await atReceiver
    expect(from.port).not.to.equal(relayPort)
    const atProvider = next(provider)
    receiver.send('echo', from.port, from.address)
    expect((await atProvider).from.port).to.equal(receiverPort)
  })

  it('gives every sender a way of its own to the receiver and back, past the way out', async () => {
    const { receiver, sender, receiverPort } = await open({ ...WIDE, out: delay(60_000) })
    const other = await socket()
    const from: RemoteInfo[] = []
    for (const one of [sender, other]) {
      const atReceiver = next(receiver)
      one.send('control', receiverPort, hosts.front)
      from.push((await atReceiver).from)
    }
    expect(from[0]!.port).not.to.equal(from[1]!.port)
    const atOther = next(other)
    receiver.send('echo', from[1]!.port, from[1]!.address)
    expect((await atOther).text).to.equal('echo')
  })

  it('keeps what a sender sends while its port opens', async () => {
    const { receiver, sender, receiverPort } = await open()
    const heard: string[] = []
    const all = new Promise<void>(resolve => {
      receiver.on('message', message => {
        if (heard.push(message.toString()) === 5) resolve()
      })
    })
    const sent = ['one', 'two', 'three', 'four', 'five']
    for (const text of sent) sender.send(text, receiverPort, hosts.front)
    await all
    expect(heard).to.deep.equal(sent)
  })

  it('leads senders to the provider over their own ways, with their delays', async () => {
    const { provider, sender, relayPort } = await open({ ...WIDE, in: [delay(0), delay(40)] })
    const sentMs = performance.now()
    for (const [slot, text] of ['near', 'far'].entries()) sender.send(text, relayPort, hosts.ways[slot]!)
    const first = await next(provider)
    const second = await next(provider)
    expect([first.text, second.text]).to.deep.equal(['near', 'far'])
    expect(performance.now() - sentMs).to.be.at.least(40)
  })

  it('counts the data that passes, and not the challenges', async () => {
    const { provider, receiver, receiverPort } = await open()
    for (const bytes of [36, 1200, 1200]) {
      const atReceiver = next(receiver)
      provider.send(Buffer.alloc(bytes), receiverPort, hosts.front)
      await atReceiver
    }
    expect(path!.passed.bytesAt(Number.MAX_SAFE_INTEGER)).to.equal(2 * 1228)
  })
})
