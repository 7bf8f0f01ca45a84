/** Records that a malicious receiver makes up. It signs with its own key, so only the checks can stop it. */
import { expect } from 'chai'
import fc from 'fast-check'
import { fromHex } from '../../../proto/hex.js'
import type { ChunkRecord, SenderRecord, SessionRecord } from '../../../proto/messages.js'
import { publish } from '../../chunks/publish.js'
import { failed, keysOf, written } from '../../test/fixtures/records.js'
import { Network } from '../../test/harness.js'
import type { Outcome } from '../../verdict/outcome.js'
import { stopDigest } from '../../wire/statements.js'
import { listedRuns } from '../listed-runs.js'
import { type TranscriptVerification, verifyTranscript } from '../verify.js'
import type { TranscriptKeys } from '../verify-sender.js'

const CLAIM_KBPS = 10_000
const LISTED = 'the listed chunks have the published root'
const BORNE_OUT = 'enough data arrived for the reading'
const ONE_EACH = 'there is one record for each sender'

describe('a transcript of a malicious receiver', function () {
  this.timeout(300_000)
  let network: Network
  let keys: TranscriptKeys
  let under: SessionRecord
  let soak: SessionRecord

  before(async () => {
    network = await Network.open({ claimKbps: CLAIM_KBPS, limitKbps: CLAIM_KBPS / 4 })
    keys = keysOf(network)
    under = (await network.measureUndisturbed()).record
    await network.close()
    expect(under.outcome).to.equal('under')
    const { provider, receiverPeer: receiver, senders } = network
    const soaking = await Network.open({ claimKbps: CLAIM_KBPS, soakMs: 1500, peers: { provider, receiver, senders } })
    soak = (await soaking.measureUndisturbed()).record
    await soaking.close()
    expect(soak.outcome).to.equal('verified')
  })

  const withSender = (record: SessionRecord, slot: number, change: Partial<SenderRecord>): SessionRecord => ({
    ...record,
    senderRecords: record.senderRecords.with(slot, { ...record.senderRecords[slot]!, ...change }),
  })
  /** Signs the root of the listed chunks, and states the outcome that follows: all that a receiver can do alone. */
  async function resigned(record: SessionRecord): Promise<SessionRecord> {
    const { root } = publish(record.senderRecords.map(listedRuns))
    const rootSignature = await network.receiverPeer.signer.sign(stopDigest(record.sessionId, fromHex(root)))
    return judgedAs((await verify({ ...record, chunkRoot: fromHex(root), rootSignature })).outcome, {
      ...record,
      chunkRoot: fromHex(root),
      rootSignature,
    })
  }
  const judgedAs = (outcome: Outcome, record: SessionRecord): SessionRecord => ({
    ...record,
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : '',
  })
  const verify = (record: SessionRecord): Promise<TranscriptVerification> => verifyTranscript(record, keys)
  const faults = async (record: SessionRecord): Promise<string[]> => failed((await verify(written(record))).checks)

  it('verifies if its receiver signs it again and makes nothing up', async () => {
    for (const record of [under, soak]) expect(await faults(await resigned(record))).to.deep.equal([])
  })

  it('fails with more sender records than senders, and costs no work for the surplus', async () => {
    let checked = 0
    const counting: TranscriptKeys = {
      ...keys,
      provider: {
        ...keys.provider,
        isSigned: (statement, signature) => {
          checked++
          return keys.provider.isSigned(statement, signature)
        },
      },
    }
    const [first] = under.senderRecords
    const many = { ...under, senderRecords: [...under.senderRecords, ...new Array<SenderRecord>(250).fill(first!)] }
    const { checks, evidence } = await verifyTranscript(written(many), counting)
    expect(failed(checks)).to.include(ONE_EACH)
    expect(checked).to.equal(under.senders.length)
    expect(evidence).to.deep.equal((await verifyTranscript(written(under), keys)).evidence)
    expect(failed((await verifyTranscript({ ...under, senderRecords: [] }, keys)).checks)).to.include(ONE_EACH)
  })

  /** Every double of a record: its name, and a function that sets it. */
  const doublesOf = (record: SessionRecord): [name: string, set: (value: number) => SessionRecord][] => {
    const [sender] = record.senderRecords
    const { estimate, direct } = record
    const { controlFlow, turn } = sender!
    const of = (change: Partial<SessionRecord>): SessionRecord => ({ ...record, ...change })
    const one = (change: Partial<SenderRecord>): SessionRecord => withSender(record, 0, change)
    return [
      ['starvedMs', value => of({ starvedMs: value })],
      ['meanKbps', value => of({ meanKbps: value })],
      ...(['rateKbps', 'fromMs', 'toMs'] as const).flatMap(name => [
        [`estimate.${name}`, (value: number) => of({ estimate: { ...estimate!, [name]: value } })] as const,
        [`direct.${name}`, (value: number) => of({ direct: { ...estimate!, ...direct, [name]: value } })] as const,
      ]),
      ...(['riseMs', 'hoarding'] as const).map(name => [name, (value: number) => one({ [name]: value })] as const),
      ...(['riseMs', 'spanMs'] as const).map(
        name =>
          [`control.${name}`, (value: number) => one({ controlFlow: { ...controlFlow!, [name]: value } })] as const,
      ),
      ...(turn
        ? ([
            ...(['riseMs', 'controlRiseMs'] as const).map(
              name => [`turn.${name}`, (value: number) => one({ turn: { ...turn, [name]: value } })] as const,
            ),
            ...(['rateKbps', 'fromMs', 'toMs'] as const).map(
              name =>
                [
                  `turn.estimate.${name}`,
                  (value: number) => one({ turn: { ...turn, estimate: { ...turn.estimate, [name]: value } } }),
                ] as const,
            ),
            ['turn.crowdKbps', (value: number) => one({ turn: { ...turn, crowdKbps: [0, value, 0] } })],
          ] as const)
        : []),
    ] as [string, (value: number) => SessionRecord][]
  }

  it('fails with any reading that no clock gives, even if the outcome follows from the reading', async () => {
    for (const record of [under, soak]) {
      for (const [name, set] of doublesOf(record)) {
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1]) {
          expect(await faults(await resigned(set(value))), `${name} = ${value}`).to.include(BORNE_OUT)
        }
      }
    }
  })

  it('fails if it hides behind overruns, or has some without a reading', async () => {
    const changed = await faults({ ...(await resigned(under)), overruns: 2 ** 32 - 1 })
    expect(changed, 'a low reading with overruns that explain it').to.deep.equal(['the record gives the outcome under'])
    const { estimate: _, ...unread } = under
    expect(await faults(await resigned({ ...unread, overruns: 1 }))).to.include(BORNE_OUT)
  })

  it('gains no rate from a hoarding factor above one, or from a span that runs backwards', async () => {
    const { estimate } = under
    const all = (hoarding: number) => ({
      ...under,
      senderRecords: under.senderRecords.map(sender => ({ ...sender, hoarding })),
    })
    expect(await faults(await resigned(all(100)))).to.include(BORNE_OUT)
    const backwards = { rateKbps: 100 * CLAIM_KBPS, windows: 20, fromMs: estimate!.toMs, toMs: estimate!.fromMs }
    expect(await faults(await resigned({ ...under, estimate: backwards }))).to.include(BORNE_OUT)
  })

  it('fails if it lists the chunks of one run under another', async () => {
    const listing = (change: (sender: SenderRecord) => Partial<SenderRecord>): SessionRecord => ({
      ...under,
      senderRecords: under.senderRecords.map(sender => ({ ...sender, ...change(sender) })),
    })
    const overlaps: Record<string, SessionRecord> = {
      'a direct probe of data that came through the provider': listing(({ chunks }) => ({ direct: chunks })),
      'control datagrams that are the main flow’s': listing(({ chunks }) => ({ control: chunks })),
      'control datagrams that are the direct probe’s': listing(({ direct }) => ({ control: direct })),
      'a turn of control datagrams': listing(({ chunks, control }) => ({ chunks: [...chunks, ...control] })),
      'a main flow with the direct probe’s': listing(({ chunks, direct }) => ({ chunks: [...chunks, ...direct] })),
    }
    for (const [what, record] of Object.entries(overlaps)) {
      expect(await faults(await resigned(record)), what).to.include(LISTED)
    }
  })

  it('fails, and does not hang, with chunk numbers up to 2^32 or absurd lengths', async () => {
    const chunk: fc.Arbitrary<ChunkRecord> = fc
      .tuple(fc.constantFrom(0, 2 ** 19, 2 ** 20, 2 ** 21, 2 ** 32 - 20), fc.nat(19), fc.nat(0xffffffff))
      .map(([from, n, maskedTime]) => ({
        ...{ index: from + n, arrivedLow: 1, arrivedHigh: 0, hash: new Uint8Array(32), maskedTimes: [maskedTime] },
      }))
    const chunks = fc
      .uniqueArray(chunk, { maxLength: 6, selector: ({ index }) => index })
      .map(list => list.sort((a, b) => a.index - b.index))
    const length = fc.constantFrom(undefined, 0, 1, 1500, 2 ** 32 - 1)
    await fc.assert(
      fc.asyncProperty(
        fc.record({ chunks, control: chunks, direct: chunks }),
        fc.tuple(length, fc.constantFrom(0, 5000, 2 ** 32 - 1), fc.constantFrom(0, CLAIM_KBPS, 2 ** 32 - 1)),
        async (lists, [soakMs, durationMs, claimKbps]) => {
          for (const record of [under, soak]) {
            const changed = withSender({ ...record, soakMs, durationMs, claimKbps }, 0, lists)
            const { outcome, checks } = await verify(written(await resigned(changed)))
            expect(outcome.kind).to.be.a('string')
            expect(failed(checks)).not.to.deep.equal([])
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
