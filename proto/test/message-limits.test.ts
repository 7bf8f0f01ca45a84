/** What a hostile encoding may cost, and what an honest one may hold. */
import { expect } from 'chai'
import protobuf from 'protobufjs'
import * as messages from '../messages.js'
import { type Codec, MAX_INVITE_BYTES, MAX_VERIFIERS, MessageError, ProbeFrame } from '../messages.js'
import { bytes, h32, SAMPLES } from './message-samples.js'

const INDEX = 2 ** 32 - 1
const NOTHING = new Uint8Array()

/** A field that holds bytes, text, a sub-message or packed items. */
const field = (id: number, value: Uint8Array): Uint8Array =>
  Uint8Array.from(
    protobuf.Writer.create()
      .uint32((id << 3) | 2)
      .bytes(value)
      .finish(),
  )

/** `head`, and then `unit` as often as `size` bytes have room for it. */
function filled(size: number, unit: Uint8Array, head: Uint8Array = NOTHING): Uint8Array {
  const times = Math.floor((size - head.length) / unit.length)
  return Buffer.concat([head, ...Array<Uint8Array>(times).fill(unit)])
}

const sample = (name: string): Uint8Array => {
  const [, codec, message] = SAMPLES.find(([one]) => one === name)!
  return codec.encode(message as never)
}

function refusal(codec: Codec<object>, encoded: Uint8Array): string {
  try {
    codec.decode(encoded)
    return 'accepted'
  } catch (error) {
    expect(error).to.be.instanceOf(MessageError)
    return (error as MessageError).code
  }
}

const { Proposal, Ballot, SeenListMessage, Certificate, Transcript, TokenRequest, ReachRequest } = messages
/** Room for the fields around the bomb. */
const room = ({ maxBytes }: { readonly maxBytes: number }) => maxBytes - 64
const frame = (id: number, inner: Uint8Array) => field(id, inner)
const transcriptOf = (senderRecord: Uint8Array) => field(9, field(10, senderRecord))

const BOMBS: [what: string, codec: Codec<never>, encoded: () => Uint8Array, code: string][] = [
  ['a proposal of empty lists', Proposal, () => filled(room(Proposal), field(5, NOTHING)), 'wrong-size'],
  [
    'a proposal with one list of empty entries',
    Proposal,
    () => field(5, filled(room(Proposal), field(3, NOTHING))),
    'wrong-size',
  ],
  [
    'a proposal of lists that are right but for their number',
    Proposal,
    () => filled(room(Proposal), field(5, sample('seen list'))),
    'wrong-size',
  ],
  ['a ballot of empty votes', Ballot, () => filled(room(Ballot), field(6, NOTHING), sample('ballot')), 'wrong-size'],
  [
    'a seen list of empty entries',
    SeenListMessage,
    () => filled(room(SeenListMessage), field(3, NOTHING)),
    'wrong-size',
  ],
  [
    'a certificate with more non-signers than a third',
    Certificate,
    () => field(4, new Uint8Array(64).fill(1)),
    'wrong-size',
  ],
  [
    'a certificate with its non-signers in two pieces',
    Certificate,
    () => Buffer.concat([field(4, new Uint8Array(40).fill(1)), field(4, new Uint8Array(40).fill(1))]),
    'not-canonical',
  ],
  ['openings of nothing', ProbeFrame, () => frame(20, filled(room(ProbeFrame), field(4, NOTHING))), 'malformed'],
  [
    'an opening with a proof of empty siblings',
    ProbeFrame,
    () => frame(20, field(4, filled(room(ProbeFrame), field(3, NOTHING)))),
    'wrong-size',
  ],
  ['a reveal of empty receipts', ProbeFrame, () => frame(8, filled(room(ProbeFrame), field(3, NOTHING))), 'wrong-size'],
  [
    'a send log of zeros, one byte each',
    ProbeFrame,
    () => frame(8, field(2, field(2, new Uint8Array(room(ProbeFrame))))),
    'wrong-size',
  ],
  [
    'a send log of items that each have a field of their own',
    ProbeFrame,
    () => frame(8, field(2, filled(room(ProbeFrame), Uint8Array.of(0x10, 1)))),
    'not-canonical',
  ],
  [
    'the send times of more datagrams than a chunk has',
    ProbeFrame,
    () => frame(20, field(4, field(1, field(5, new Uint8Array(4 * 53))))),
    'wrong-size',
  ],
  ['one answer many times', ProbeFrame, () => filled(room(ProbeFrame), frame(5, NOTHING)), 'not-canonical'],
  [
    'two answers in turn, each of them once',
    ProbeFrame,
    () => filled(room(ProbeFrame), Buffer.concat([frame(5, NOTHING), frame(6, NOTHING)])),
    'malformed',
  ],
  [
    'a transcript of empty chunks',
    Transcript,
    () => transcriptOf(filled(8 * 2 ** 20, field(5, NOTHING))),
    'wrong-size',
  ],
  ['a transcript of empty records', Transcript, () => field(9, filled(8 * 2 ** 20, field(10, NOTHING))), 'wrong-size'],
  ['a transcript of empty peer ids', Transcript, () => filled(8 * 2 ** 20, field(7, NOTHING)), 'wrong-size'],
  [
    'a request for tokens of empty elements',
    TokenRequest,
    () => filled(room(TokenRequest), field(2, NOTHING)),
    'wrong-size',
  ],
  [
    'a request to be reached at empty addresses',
    ReachRequest,
    () => filled(room(ReachRequest), field(3, NOTHING), field(1, bytes(20))),
    'wrong-size',
  ],
  [
    'a sub-message that is longer than the message around it',
    Proposal,
    () => Buffer.concat([field(4, NOTHING), Uint8Array.of(0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f)]),
    'malformed',
  ],
  [
    'a field that runs over the end of its sub-message',
    Proposal,
    () => Buffer.concat([Uint8Array.of(0x2a, 2, 0x22, 4), bytes(8)]),
    'malformed',
  ],
  [
    'a number without an end',
    Proposal,
    () => Buffer.concat([Uint8Array.of(8), new Uint8Array(99).fill(0xff)]),
    'malformed',
  ],
  [
    'a group, which protobuf no longer has',
    Proposal,
    () => filled(room(Proposal), Uint8Array.of(0x0b, 0x0c)),
    'not-canonical',
  ],
] as [string, Codec<never>, () => Uint8Array, string][]

describe('limits of messages', () => {
  for (const [what, codec, encoded, code] of BOMBS) {
    it(`refuse ${what}`, () => expect(refusal(codec as Codec<object>, encoded())).to.equal(code))
  }

  it('cost a node next to nothing to hold', () => {
    const built = BOMBS.map(([, codec, encoded]) => [codec as Codec<object>, encoded()] as const)
    const before = process.cpuUsage()
    const heap = process.memoryUsage().heapUsed
    for (let round = 0; round < 20; round++) for (const [codec, encoded] of built) refusal(codec, encoded)
    const { user, system } = process.cpuUsage(before)
    // one round took more than three seconds and 300 MB while decoders built the messages before they counted
    expect((user + system) / 1000, 'ms').to.be.below(1000)
    expect(process.memoryUsage().heapUsed - heap, 'bytes').to.be.below(50e6)
  })

  const verifiers = Array.from({ length: MAX_VERIFIERS }, (_, i) => INDEX - MAX_VERIFIERS + i)
  const list = (verifier: number): messages.SeenListMessage => ({
    epoch: INDEX,
    verifier,
    entries: verifiers.map(other => ({ verifier: other, root: h32 })),
    signature: bytes(96),
  })
  const reveal = {
    key: bytes(16),
    log: {
      intervalMs: 50,
      ...Object.fromEntries(['sent', 'blocked', 'errors', 'control'].map(kind => [kind, Array(520).fill(9_999)])),
    },
    receipts: Array(261).fill({
      ...{ sessionId: h32, sequence: 261, bytes: INDEX, elapsedMs: 26_000, head: h32, signature: bytes(65) },
    }),
    signature: bytes(64),
  }
  const HONEST: [what: string, codec: Codec<never>, message: object][] = [
    ['a list of every verifier', SeenListMessage, list(INDEX)],
    [
      'a proposal with the list of every verifier',
      Proposal,
      {
        ...{ epoch: INDEX, round: INDEX, leader: INDEX, header: bytes(320), signature: bytes(96) },
        lists: verifiers.map(list),
      },
    ],
    [
      'a certificate that barely more than two thirds signed',
      Certificate,
      {
        ...{ epoch: INDEX, round: INDEX, header: bytes(320), signature: bytes(96) },
        nonSigners: Array.from({ length: 63 }, (_, i) => i + 128),
      },
    ],
    ['a reveal after the longest session', ProbeFrame, { reveal }],
    [
      'a request with all addresses that a provider may announce',
      ReachRequest,
      { provider: bytes(20), claimKbps: INDEX, multiaddrs: Array(8).fill('/'.repeat(256)) },
    ],
  ] as [string, Codec<never>, object][]
  for (const [what, codec, message] of HONEST) {
    it(`have room for ${what}`, () => {
      const decoded = codec.decode(codec.encode(message as never)) as object
      expect(decoded).to.deep.include(message)
    })
  }

  it('have room for the longest invitation in the first message of a stream', () => {
    const invite = {
      ...{ sessionId: h32, epoch: INDEX, provider: bytes(20), receiver: INDEX, slot: 255, port: 65_535, nonce: h32 },
      ...{ host: 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', controlTag: bytes(8), headerKey: bytes(16) },
      padding: new Uint8Array(8 * (28 + 48)),
    }
    expect(ProbeFrame.encode({ invite }).length).to.be.at.most(MAX_INVITE_BYTES)
  })
})
