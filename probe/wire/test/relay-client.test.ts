import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { toHex } from '../../../proto/hex.js'
import { MAX_RECEIPTS, ProbeFrame, RelayFrame, RelayOpen } from '../../../proto/messages.js'
import { OPEN_BYTES } from '../../constants.js'
import type { ProviderStream } from '../../ports.js'
import { HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { shapeOf } from '../../verdict/session-shape.js'
import { paddedOpen, RelayClient } from '../relay-client.js'

describe('relay client', () => {
  it('opens sessions in messages of one length, in a lane too, and says nothing of a lane without one', () => {
    const provider = `0x${'11'.repeat(20)}` as const
    for (const nextHopHost of ['9.9.9.9', '2001:4860:4860:0000:0000:0000:0000:8888']) {
      const request = { sessionId: randomBytes(32), nextHopHost, nextHopPort: 65_535, ...shapeOf(10_000_000) }
      const plain = RelayOpen.encode(paddedOpen(request, provider))
      const lane = { lane: randomBytes(32), laneSignature: randomBytes(65) }
      const inLane = RelayOpen.encode(paddedOpen({ ...request, ...lane }, provider))
      expect([plain.length, inLane.length]).to.deep.equal([OPEN_BYTES, OPEN_BYTES])
      const none = { lane: undefined, laneSignature: undefined }
      expect(RelayOpen.encode(paddedOpen({ ...request, ...none }, provider))).to.deep.equal(plain)
      expect(RelayOpen.decode(plain)).to.not.have.any.keys('lane', 'laneSignature')
      const { lane: got, laneSignature } = RelayOpen.decode(inLane)
      expect([got, laneSignature].map(one => toHex(one!))).to.deep.equal(Object.values(lane).map(toHex))
    }
  })

  it('keeps no more receipts than a reveal has room for, however many the provider sends', async () => {
    const network = await Network.open({ claimKbps: 10_000 })
    const sessionId = randomBytes(32)
    const [root, head, signature] = [randomBytes(32), randomBytes(32), randomBytes(65)]
    const receipt = { sessionId, sequence: 1, bytes: 2, root, elapsedMs: 3, head, signature }
    const relay = network.openProvider('a')
    const flood = Array(2 * MAX_RECEIPTS).fill(RelayFrame.encode({ receipt }))
    let granted = false
    const flooding: ProviderStream = {
      remoteHost: relay.remoteHost,
      send: message => relay.send(message),
      close: () => relay.close(),
      async receive() {
        if (granted) return flood.pop()
        granted = true
        return relay.receive()
      },
    }
    try {
      const client = new RelayClient(flooding, sessionId)
      const hop = { nextHopHost: HOST, nextHopPort: 9, budgetBytes: 10_000, rateKbps: 1000, durationMs: 5000 }
      expect((await client.open({ sessionId, ...hop }, network.provider.answers, PATIENCE_MS)).kind).to.equal('grant')
      await client.ended
      expect([client.receipts.length, flood.length]).to.deep.equal([MAX_RECEIPTS, 0])
      const log = { intervalMs: 50, sent: [1], blocked: [0], errors: [0], control: [0] }
      const reveal = { key: randomBytes(16), log, receipts: client.receipts, signature: randomBytes(64) }
      expect(ProbeFrame.decode(ProbeFrame.encode({ reveal })).reveal?.receipts).to.have.length(MAX_RECEIPTS)
    } finally {
      await relay.close()
      await network.close()
    }
  })
})
