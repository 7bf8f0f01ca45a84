import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { MAX_RECEIPTS, ProbeFrame, RelayFrame } from '../../../proto/messages.js'
import type { ProviderStream } from '../../ports.js'
import { HOST, Network, PATIENCE_MS } from '../../test/harness.js'
import { RelayClient } from '../relay-client.js'

describe('relay client', () => {
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
