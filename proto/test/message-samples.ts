/** One message of every kind, with a value in every field. */

import type { Codec } from '../messages.js'
import * as messages from '../messages.js'
import { VOTE_BYTES } from '../vote.js'

export const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (seed + 7 * i) & 0xff)
export const h32 = bytes(32)

const presence: messages.Presence = {
  ...{ epoch: 14, verifier: 3, since: 1_700_000_000, nonce: h32, signature: bytes(96) },
}
export const grant: messages.RelayGrant = {
  sessionId: h32,
  tag: bytes(8),
  udpPort: 4_000,
  signature: bytes(64),
  rateKbps: 13_750,
  budgetBytes: 9_000_000,
  opener: '12D3KooW',
  udpHost: 'relay.example.org',
}
export const refuse: messages.RelayRefuse = { sessionId: h32, reason: 2, signature: bytes(64), opener: '12D3KooW' }
const receipt: messages.Receipt = {
  sessionId: h32,
  sequence: 1,
  bytes: 1_048_576,
  elapsedMs: 400,
  head: bytes(32, 3),
  signature: bytes(65),
}
const counter: messages.CounterReceipt = {
  ...{ sessionId: h32, bytes: 5, head: h32, elapsedMs: 6, signature: bytes(65) },
}
const invite: messages.ProbeInvite = {
  sessionId: h32,
  epoch: 14,
  provider: bytes(20),
  receiver: 3,
  slot: 2,
  host: '127.0.0.1',
  port: 4_001,
  nonce: bytes(32, 4),
  controlTag: bytes(8, 5),
  headerKey: bytes(16, 6),
  padding: bytes(300),
}
const reveal: messages.ProbeReveal = {
  key: bytes(16),
  log: { intervalMs: 50, sent: [70, 71], blocked: [0, 1], errors: [0, 0], control: [2, 1] },
  receipts: [receipt],
  signature: bytes(64),
}
const openings: messages.ProbeOpenings = {
  slotRoots: [h32, bytes(32, 5), bytes(32, 6)],
  treeRoot: bytes(32, 7),
  held: bytes(12),
  openings: [
    {
      chunk: { index: 3, arrivedLow: 0x80000001, arrivedHigh: 0, hash: h32, maskedTimes: [0, 0xffffffff] },
      mismatched: true,
      proof: [h32, bytes(32, 8)],
    },
  ],
  signature: bytes(64),
}
const senderRecord: messages.SenderRecord = {
  rateKbps: 13_750,
  commitment: h32,
  answer: { grant },
  ready: true,
  chunks: [openings.openings[0]!.chunk],
  reveal,
  counter: { sessionId: h32, bytes: 2456, head: h32, elapsedMs: 400, signature: bytes(65) },
  jitterUs: 120,
  control: [{ ...openings.openings[0]!.chunk, index: 2 ** 20 }],
  direct: [{ ...openings.openings[0]!.chunk, index: 2 ** 21 }],
  riseMs: 1.25,
  delayMs: 87.5,
  controlFlow: { sent: 120, spanMs: 1100.5, riseMs: 0.25, fromMs: 250 },
  hoarding: 0.75,
  spanKbps: 8_250.5,
  host: '192.0.2.7',
  small: 8,
  turn: {
    estimate: { rateKbps: 24_000.5, windows: 27, fromMs: 5200.25, toMs: 6560.25 },
    ...{ crowdKbps: [0, 12.5, 0], riseMs: 2.5, controlRiseMs: 0.75 },
  },
}
const silentRecord: messages.SenderRecord = {
  rateKbps: 13_750,
  ready: false,
  chunks: [],
  jitterUs: 0,
  control: [],
  direct: [],
  riseMs: 0,
  hoarding: 1,
  spanKbps: 0,
}
const session: messages.SessionRecord = {
  ...{ sessionId: h32, nonce: bytes(32, 4), epoch: 14, provider: bytes(20), receiver: 3, senders: [0, 2, 7] },
  ...{
    claimKbps: 25_000,
    breachBps: 7500,
    yieldMs: 4000,
    sinceMs: 300.5,
    meanKbps: 24_000.25,
    ipv6: true,
    durationMs: 2000,
  },
  senderRecords: [senderRecord, { ...silentRecord, answer: { unreachable: 'refused', token: true } }, silentRecord],
  chunkRoot: h32,
  rootSignature: bytes(64),
  estimate: { rateKbps: 24_999.5, windows: 9, fromMs: 350.25, toMs: 800.25 },
  direct: { rateKbps: 30_000.5, windows: 5, fromMs: 1150.25, toMs: 1500.25 },
  kernelTimestamps: true,
  soakMs: 10_000,
  atOnce: true,
  ...{ receiverHost: '192.0.2.9', providerHosts: ['192.0.2.7', '2001:db8::7'] },
  ...{ heard: true, starvedMs: 0.5, overruns: 17, outcome: 'at-least', reason: 'sender-limited' },
}
const seen: messages.SeenListMessage = {
  epoch: 14,
  verifier: 3,
  entries: [
    { verifier: 0, root: h32 },
    { verifier: 3, root: bytes(32, 9) },
  ],
  signature: bytes(96),
}

const { RelayFrame, ProbeFrame } = messages
export const SAMPLES: [name: string, codec: Codec<never>, message: object][] = [
  ['relay grant', RelayFrame, { grant }],
  ['token request', messages.TokenRequest, { era: 3, blindedElements: [h32, bytes(32, 2)] }],
  ['tokens', messages.TokenResponse, { issue: { evaluatedElements: [h32], evaluationProof: bytes(64) } }],
  ['no tokens', messages.TokenResponse, { refuse: { reason: 2 } }],
  ['relay refusal', RelayFrame, { refuse }],
  ['relay ready', RelayFrame, { ready: { sessionId: h32, signature: bytes(64) } }],
  ['receipt', RelayFrame, { receipt }],
  ['opener’s finish', messages.OpenerFrame, { finish: { sessionId: h32 } }],
  ['counter receipt', messages.OpenerFrame, { counter }],
  ['payment', messages.OpenerFrame, { counter: { ...counter, channel: h32, total: 2 ** 40 } }],
  ['served slots', messages.OpenerFrame, { served: { slots: 3, signature: bytes(65) } }],
  ['relay’s own finish', RelayFrame, { finish: { sessionId: h32 } }],
  [
    'relay open',
    messages.RelayOpen,
    {
      ...{ sessionId: h32, nextHopHost: '::1', nextHopPort: 1, budgetBytes: 2, rateKbps: 3, durationMs: 4 },
      ...{ provider: bytes(20), token: bytes(100) },
      padding: bytes(500),
    },
  ],
  [
    'relay open in a lane',
    messages.RelayOpen,
    {
      ...{ sessionId: h32, nextHopHost: '::1', nextHopPort: 1, budgetBytes: 2, rateKbps: 3, durationMs: 4 },
      ...{ provider: bytes(20), token: bytes(100), lane: h32, laneSignature: bytes(65) },
      padding: bytes(400),
    },
  ],
  ['invitation', ProbeFrame, { invite }],
  ['acceptance', ProbeFrame, { accept: { commitment: h32 } }],
  ['declination', ProbeFrame, { decline: { reason: 'busy' } }],
  ['relayed grant', ProbeFrame, { relay: { grant } }],
  ['relayed refusal', ProbeFrame, { relay: { refuse } }],
  ['unreachable provider', ProbeFrame, { relay: { unreachable: 'connection refused' } }],
  ['ready', ProbeFrame, { ready: {} }],
  ['start', ProbeFrame, { start: {} }],
  ['request for size probes', ProbeFrame, { sizes: {} }],
  ['direct probe', ProbeFrame, { direct: { rateKbps: 9_000, durationMs: 700 } }],
  ['stop', ProbeFrame, { stop: { chunkRoot: h32, signature: bytes(64) } }],
  ['reveal', ProbeFrame, { reveal }],
  ['openings', ProbeFrame, { openings }],
  ['openings with a receipt', ProbeFrame, { openings, counter }],
  [
    'opening fault',
    messages.OpeningFault,
    {
      ...{ sessionId: h32, epoch: 14, receiver: 3, slot: 2, key: bytes(16), chunkRoot: h32 },
      ...{ rootSignature: bytes(64), openings, reason: 'chunk 3 is not what was sent' },
    },
  ],
  [
    'transcript',
    messages.Transcript,
    {
      ...{ chainId: '31337', contract: bytes(20), era: 3, beacon: h32, receiverPeer: 'r' },
      ...{ senderPeers: ['a', 'b', 'c'], receiverAccount: bytes(20), session, vote: bytes(672) },
    },
  ],
  [
    'request to be reached',
    messages.ReachRequest,
    { provider: bytes(20), claimKbps: 25_000, multiaddrs: ['/ip4/192.0.2.7/tcp/4001', '/dns/relay.example.org/tcp/1'] },
  ],
  [
    'report of a reach test',
    messages.ReachResponse,
    { report: { host: '192.0.2.7', tests: [{ step: 1, passed: true, detail: '/ip4/192.0.2.7/tcp/4001' }] } },
  ],
  ['refused reach test', messages.ReachResponse, { refused: 'tested less than a minute ago' }],
  ['commit', messages.Commit, { epoch: 14, verifier: 3, commitment: h32, signature: bytes(96) }],
  [
    'ballot',
    messages.Ballot,
    {
      epoch: 14,
      verifier: 3,
      root: h32,
      signature: bytes(96),
      schedule: bytes(96),
      votes: [bytes(VOTE_BYTES), bytes(VOTE_BYTES)],
    },
  ],
  ['seen list', messages.SeenListMessage, seen],
  [
    'proposal',
    messages.Proposal,
    { epoch: 14, round: 1, leader: 0, header: bytes(320), lists: [seen, seen], signature: bytes(96) },
  ],
  ['partial', messages.Partial, { epoch: 14, round: 0, headerHash: h32, verifier: 0, signature: bytes(96) }],
  [
    'certificate',
    messages.Certificate,
    { epoch: 14, round: 0, header: bytes(320), nonSigners: [0, 4], signature: bytes(96) },
  ],
  [
    'evidence of two statements',
    messages.Evidence,
    { contradiction: { statements: bytes(224), signature: bytes(96) } },
  ],
  ['evidence of two certificates', messages.Evidence, { certificates: { first: bytes(400), second: bytes(400, 2) } }],
  ['presence', messages.Presence, presence],
  ['presences', messages.Presences, { presences: [presence, { ...presence, nonce: bytes(32, 9) }] }],
  ['request for a ballot', messages.SyncRequest, { ballot: h32 }],
  ['request for leaves', messages.SyncRequest, { leaves: h32 }],
  ['request for a ballot set', messages.SyncRequest, { ballotSet: h32 }],
  ['request for a part of a ballot', messages.SyncRequest, { ballotPart: { root: h32, part: 390 } }],
  ['request for a transcript', messages.SyncRequest, { transcript: h32 }],
  ['request for gossip', messages.SyncRequest, { gossip: 14 }],
  ['gossip item', messages.GossipItem, { kind: 'commit', data: bytes(150) }],
  ['sync response', messages.SyncResponse, { found: true, items: 2 }],
] as [string, Codec<never>, object][]
