/** A provider may delay, change or repeat a packet before it forwards it, and say what it likes of it. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { IP_DATAGRAM_BYTES } from '../../../proto/datagram.js'
import { Condition } from '../../deadline.js'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { BACKENDS, HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { PlainUdp } from '../../test/plain-udp.js'
import { echoOf, isChallenge } from '../../wire/path-validation.js'
import { RelayClient } from '../../wire/relay-client.js'
import { DelayQueue } from '../delay-queue.js'

describe('delayed datagrams', () => {
  it('go out in the order of their times, and never early', async () => {
    const released: { bytes: Buffer; dueMs: number; atMs: number }[] = []
    const condition = new Condition()
    const queue = new DelayQueue<{ dueMs: number; bytes: Buffer }>(
      () => performance.now(),
      ({ bytes, dueMs }) => {
        released.push({ bytes, dueMs, atMs: performance.now() })
        condition.changed()
      },
    )
    const nowMs = performance.now()
    for (const ms of [30, 10, 20, 10, 5, 0]) {
      queue.add({ dueMs: nowMs + ms, bytes: Buffer.from([ms]) })
    }
    expect(await condition.until(() => released.length === 6, PATIENCE_MS)).to.equal(true)
    expect(released.map(({ bytes }) => bytes[0])).to.deep.equal([0, 5, 10, 10, 20, 30])
    for (const { dueMs, atMs } of released) expect(atMs).to.be.at.least(dueMs)
  })

  for (const backend of BACKENDS) {
    for (const [name, length, holdMs, copies, billed] of [
      ['delays', 1200, 20, 1, 1228],
      ['truncates', 100, 0, 1, 128],
      ['repeats', 1200, 0, 2, 2 * 1228],
      ['billsThrice', 1200, 0, 1, 3 * 1228],
    ] as const) {
      it(`reach the next hop from a provider that ${name} packets, over ${backend}`, async () => {
        const network = await Network.open({ claimKbps: 10_000, forwarding: forwardings[name], backend })
        const got: { datagram: Buffer; atMs: number }[] = []
        const condition = new Condition()
        const nextHop: PlainUdp = await PlainUdp.open((datagram, source) => {
          if (isChallenge(datagram)) nextHop.send(echoOf(datagram), source.port)
          else got.push({ datagram, atMs: performance.now() })
          condition.changed()
        })
        const sessionId = randomBytes(32)
        const client = new RelayClient(network.openProvider('a'), sessionId)
        try {
          const open = { nextHopHost: HOST, nextHopPort: nextHop.port, rateKbps: 5000, durationMs: 5000 }
          const request = { ...open, sessionId, budgetBytes: 100 * IP_DATAGRAM_BYTES }
          const answer = await client.open(request, network.provider.answers, PATIENCE_MS)
          if (answer.kind !== 'grant') throw new Error('the relay refused')
          expect(await client.ready).to.equal(true)
          const sent = Buffer.concat([answer.grant.tag, randomBytes(1192)])
          const sentMs = performance.now()
          nextHop.send(sent, answer.grant.udpPort)
          expect(await condition.until(() => got.length === copies, PATIENCE_MS)).to.equal(true)
          for (const { datagram } of got) expect(datagram.equals(sent.subarray(0, length))).to.equal(true)
          expect(got[0]!.atMs - sentMs).to.be.at.least(holdMs)
          await client.finish()
          await client.ended // it waits for this only a moment
          expect(client.receipts.at(-1)!.bytes, 'a receipt is for what went on').to.equal(billed)
        } finally {
          await client.close()
          await network.close()
          await nextHop.close()
        }
      })
    }
  }
})
