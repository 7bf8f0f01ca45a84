/** Transcripts of live sessions verify, and every later change fails a check. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import type { SessionRecord } from '../../../proto/messages.js'
import { START_LEAD_MS } from '../../constants.js'
import { cutOff, silent } from '../../test/fixtures/behaviours.js'
import { forwardings } from '../../test/fixtures/forwardings.js'
import { failed, keysOf } from '../../test/fixtures/records.js'
import { type Behaviour, honest, isCounterSigned, Network, type NetworkOptions, newPeer } from '../../test/harness.js'
import type { Outcome, SessionResult } from '../../verdict/outcome.js'
import { verifyTranscript } from '../verify.js'

const CLAIM_KBPS = 10_000

describe('a transcript, verified', () => {
  let network: Network | undefined

  async function measured(): Promise<SessionResult> {
    network = await Network.open({ claimKbps: CLAIM_KBPS })
    return network.measureWhole()
  }

  afterEach(async () => {
    await network?.close()
    network = undefined
  })

  const CASES: [outcome: string, options: Partial<NetworkOptions>, behaviours?: Behaviour[]][] = [
    ['verified', {}],
    ['verified', {}, [honest, silent]],
    ['under', { limitKbps: CLAIM_KBPS / 4 }],
    ['verified', { soakMs: 1500 }],
    ['verified', { startsInMs: START_LEAD_MS }],
    ['refused', { forwarding: forwardings.refuses }],
    ['dead', { forwarding: forwardings.forwardsNothing }],
    ['garbage', { forwarding: forwardings.flipsPayload }],
    ['no-data', {}, [cutOff, cutOff]],
    ['no-data', {}, [silent, silent]],
  ]
  for (const [outcome, options, behaviours] of CASES) {
    it(`shows the outcome "${outcome}"${behaviours ? ' in spite of some senders' : ''}`, async () => {
      network = await Network.open({ claimKbps: CLAIM_KBPS, ...options })
      const result = await (outcome === 'no-data'
        ? network.measure(behaviours)
        : network.measureUndisturbed(behaviours))
      expect(result.outcome.kind, JSON.stringify(network!.notes)).to.equal(outcome)
      const again = await verifyTranscript(result.record, keysOf(network!))
      expect(failed(again.checks)).to.deep.equal([])
      expect(again.outcome).to.deep.equal(result.outcome)
      expect(again.evidence).to.deep.equal(result.evidence)
    })
  }

  it('fails a check after any change', async () => {
    const slow = await Network.open({ claimKbps: CLAIM_KBPS, limitKbps: CLAIM_KBPS / 2 })
    network = slow
    // With another outcome, or a reading below every claim, not every change shows: no claim changes that nothing arrived.
    const isLow = (outcome: Outcome) => outcome.kind === 'under' && outcome.measurement.rateKbps > CLAIM_KBPS / 3
    const { record, outcome } = await slow.measureAgain(
      (outcome, record) => !isLow(outcome) || !isCounterSigned(record),
      () => slow.measure(),
    )
    expect(outcome, JSON.stringify(outcome)).to.satisfy(isLow)
    const keys = keysOf(slow)
    const withSender = (
      slot: number,
      change: (of: SessionRecord['senderRecords'][number]) => object,
    ): SessionRecord => ({
      ...record,
      senderRecords: record.senderRecords.with(slot, {
        ...record.senderRecords[slot]!,
        ...change(record.senderRecords[slot]!),
      }),
    })
    const reveal = record.senderRecords[1]!.reveal!
    const chunks = record.senderRecords[1]!.chunks
    const counter = record.senderRecords[1]!.counter!
    const estimate = record.estimate!
    const changes: Record<string, SessionRecord> = {
      'the outcome': { ...record, outcome: 'verified' },
      'its reason': { ...record, reason: 'unstable' },
      'the session': { ...record, sessionId: randomBytes(32) },
      'the root': { ...record, chunkRoot: randomBytes(32) },
      'no signature': { ...record, rootSignature: undefined },
      'the claim': { ...record, claimKbps: CLAIM_KBPS / 5 },
      'a rate of its own': { ...record, estimate: { ...estimate, rateKbps: estimate.rateKbps * 3 } },
      'one sender less': { ...record, senderRecords: record.senderRecords.slice(1) },
      'a chunk left out': withSender(1, () => ({ chunks: chunks.slice(1) })),
      'a chunk twice': withSender(1, () => ({ chunks: [chunks[0]!, ...chunks] })),
      'a datagram that did not arrive': withSender(1, () => ({
        chunks: chunks.with(0, { ...chunks[0]!, arrivedHigh: chunks[0]!.arrivedHigh ^ 1 }),
      })),
      'another hash': withSender(1, () => ({ chunks: chunks.with(0, { ...chunks[0]!, hash: randomBytes(32) }) })),
      'another key': withSender(1, () => ({ reveal: { ...reveal, key: randomBytes(16) } })),
      'another commitment': withSender(1, () => ({ commitment: randomBytes(32) })),
      'a log of more': withSender(1, () => ({
        reveal: { ...reveal, log: { ...reveal.log, sent: reveal.log.sent.map(sent => sent + 1) } },
      })),
      'a reveal left out, for another outcome': withSender(1, () => ({ reveal: undefined, counter: undefined })),
      'a grant that the provider did not sign': withSender(1, ({ answer }) => ({
        answer: { grant: { ...answer!.grant!, udpPort: 1 } },
      })),
      'no grant': withSender(1, () => ({ answer: { unreachable: 'gone' } })),
      'a counter-signature of more': withSender(1, () => ({ counter: { ...counter, bytes: counter.bytes + 1228 } })),
      'a counter-signature for another': withSender(1, () => ({
        counter: { ...counter, sessionId: record.sessionId },
      })),
      'control datagrams left out': withSender(1, () => ({ control: [] })),
      'more control datagrams than logged': withSender(1, ({ controlFlow }) => ({
        controlFlow: { ...controlFlow!, sent: 1_000_000 },
      })),
      'nothing said of control datagrams': withSender(1, () => ({ controlFlow: undefined })),
      'a direct reading out of nothing': {
        ...record,
        direct: { rateKbps: 100 * CLAIM_KBPS, windows: 10, fromMs: 0, toMs: 1000 },
      },
      'no counter-signature': withSender(1, () => ({ counter: undefined })),
      'a receipt of more': withSender(1, () => ({
        reveal: { ...reveal, receipts: reveal.receipts.map(one => ({ ...one, bytes: one.bytes + 1 })) },
      })),
    }
    for (const [what, changed] of Object.entries(changes)) {
      const again = await verifyTranscript(changed, keys)
      const isRevealLeftOut = what.startsWith('a reveal left out')
      if (isRevealLeftOut) {
        // Two of three senders are enough for a reading. But the vote differs, for it names the unverifiable sender.
        expect(again.evidence.unverifiableSenders).to.equal(0b010)
      } else expect(failed(again.checks), what).not.to.deep.equal([])
    }
  })

  it('verifies with one set of keys only', async () => {
    const { record } = await measured()
    const keys = keysOf(network!)
    const stranger = newPeer()
    for (const other of [
      { ...keys, receiver: stranger.verifier },
      { ...keys, provider: stranger.answers },
      { ...keys, providerVouchers: stranger.vouchers },
      { ...keys, receiverVouchers: stranger.vouchers },
      { ...keys, senders: keys.senders.with(2, stranger.verifier) },
    ]) {
      expect(failed((await verifyTranscript(record, other)).checks)).not.to.deep.equal([])
    }
  })

  it('fails a check, and nothing worse, if its chunks are nonsense', async () => {
    const { record } = await measured()
    const keys = keysOf(network!)
    const chunk = fc.record({
      index: fc.nat(0xffffffff),
      arrivedLow: fc.nat(0xffffffff),
      arrivedHigh: fc.nat(0xffffffff),
      hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      maskedTimes: fc.array(fc.nat(0xffffffff), { maxLength: 52 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 4 }), fc.nat(2), async (chunks, slot) => {
        const senderRecords = record.senderRecords.with(slot, { ...record.senderRecords[slot]!, chunks })
        const again = await verifyTranscript({ ...record, senderRecords }, keys)
        expect(failed(again.checks)).not.to.deep.equal([])
      }),
      { numRuns: 30 },
    )
  })
})
