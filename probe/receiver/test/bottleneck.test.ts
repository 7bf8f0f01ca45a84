/** Real datagrams show where the limit lies: at the provider, at the receiver's own link, or at the senders' own links. */
import { expect } from 'chai'
import { ProbeFrame, RelayOpen } from '../../../proto/messages.js'
import type { MessageStream, ProviderStream } from '../../ports.js'
import { serveProbe } from '../../sender/sender.js'
import { type Behaviour, HOST, Network, type NetworkOptions, story } from '../../test/harness.js'
import { Link, LinkQueue } from '../../test/link.js'
import type { Outcome, SessionResult } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000
const NARROW_KBPS = 5_000
const DOWNLINK_HOST = '127.0.0.2'
const UPLINK_HOST = '127.0.0.3'

/** The sender's stream, which changes the invitation as it comes in. */
const invited = (stream: MessageStream, host: string, port: number): MessageStream => ({
  send: message => stream.send(message),
  close: () => stream.close(),
  receive: async () => {
    const message = await stream.receive()
    const frame = message && ProbeFrame.decode(message)
    return frame?.invite ? ProbeFrame.encode({ invite: { ...frame.invite, host, port } }) : message
  },
})

/** The provider's stream, seen through an uplink: data goes to the link, and the next hop is the receiver itself. */
const throughUplink = (stream: ProviderStream, host: string, receiverPort: number): ProviderStream => {
  let opened = false
  return {
    remoteHost: host,
    receive: () => stream.receive(),
    close: () => stream.close(),
    send: message => {
      if (opened) return stream.send(message)
      opened = true
      return stream.send(
        RelayOpen.encode({ ...RelayOpen.decode(message), nextHopHost: HOST, nextHopPort: receiverPort }),
      )
    },
  }
}

describe('bottleneck', () => {
  let network: Network
  let links: Link[]

  beforeEach(() => {
    links = []
  })
  afterEach(async () => {
    for (const link of links) await link.close()
    await network.close()
  })

  async function open(options: Partial<NetworkOptions> = {}): Promise<void> {
    network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
  }

  async function link(host: string, queue: LinkQueue, to: number, port = 0): Promise<Link> {
    const opened = await Link.open({ host, queue, to: { host: HOST, port: to }, port })
    links.push(opened)
    return opened
  }

  /** A sender behind a link of its own, which its data and its control datagrams share. */
  async function behindUplink(rateKbps: number, slot: number): Promise<Behaviour> {
    const host = `127.0.1.${slot + 1}`
    const queue = new LinkQueue(rateKbps, 30)
    const toReceiver = await link(host, queue, network.receiver.port)
    await link(host, queue, network.relay.port, network.relay.port)
    return (stream, deps) =>
      serveProbe(invited(stream, host, toReceiver.port), {
        ...deps,
        openProvider: async invite => throughUplink(await deps.openProvider(invite), host, network.receiver.port),
      })
  }

  /**
   * On a busy machine a link may drop so many control datagrams that too few are left to name it, or a party may have no
   * time for its part.
   */
  const isUnnamed = (outcome: Outcome): boolean =>
    outcome.kind === 'no-data' || (outcome.kind === 'at-least' && outcome.reason !== 'path-limited')
  const storyOf = (result: SessionResult): string => story(network, result)

  it('no bottleneck: verified', async () => {
    await open()
    const result = await network.measureUndisturbed()
    expect(result.outcome, storyOf(result)).to.have.property('kind', 'verified')
  })

  it('the provider: under, with all evidence', async () => {
    await open({ limitKbps: NARROW_KBPS })
    const result = await network.measureUndisturbed()
    expect(result.outcome, storyOf(result)).to.have.property('kind', 'under')
    if (result.outcome.kind !== 'under') return
    const { rateKbps, controlLossBps, directKbps, offeredKbps } = result.outcome.measurement
    expect(rateKbps).to.be.within(0.9 * NARROW_KBPS, 1.1 * NARROW_KBPS)
    expect(controlLossBps).to.be.at.most(300)
    expect(directKbps).to.be.at.least(1.15 * rateKbps)
    expect(offeredKbps).to.be.at.least(1.05 * CLAIM_KBPS)
  })

  it('the provider: under, although one sender loses its control datagrams on purpose', async () => {
    await open({ limitKbps: NARROW_KBPS })
    const nowhere = await link(UPLINK_HOST, new LinkQueue(1, 0), network.receiver.port)
    const vetoing: Behaviour = (stream, deps) =>
      serveProbe(invited(stream, UPLINK_HOST, nowhere.port), {
        ...deps,
        openProvider: async invite => throughUplink(await deps.openProvider(invite), HOST, network.receiver.port),
      })
    const result = await network.measureUndisturbed([vetoing])
    expect(result.outcome, storyOf(result)).to.have.property('kind', 'under')
  })

  for (const [name, queueMs] of [
    ['drops', 30],
    ['holds datagrams for long', 3_000],
  ] as const) {
    it(`the receiver’s own link, which ${name}: at least, limited by the path`, async () => {
      await open()
      const { port } = await link(DOWNLINK_HOST, new LinkQueue(NARROW_KBPS, queueMs), network.receiver.port)
      const behind: Behaviour = (stream, deps) => serveProbe(invited(stream, DOWNLINK_HOST, port), deps)
      const result = await network.measureAgain(isUnnamed, () => network.measure([behind, behind, behind]))
      expect(result.outcome, storyOf(result)).to.include({ kind: 'at-least', reason: 'path-limited' })
    })
  }

  it('one sender’s own link: verified', async () => {
    await open()
    const result = await network.measureUndisturbed([await behindUplink(CLAIM_KBPS / 10, 0)])
    expect(result.outcome, storyOf(result)).to.have.property('kind', 'verified')
  })

  it('every sender’s own link: at least', async () => {
    await open()
    const uplinks = await Promise.all([0, 1, 2].map(slot => behindUplink(NARROW_KBPS / 3, slot)))
    const result = await network.measureAgain(isUnnamed, () => network.measure(uplinks))
    expect(result.outcome, storyOf(result)).to.include({ kind: 'at-least', reason: 'path-limited' })
  })
})
