/** Named inputs and outputs of every function in `digests.ts`, `lane.ts` and `voucher.ts`. Safe integers are JSON numbers. */
import { computeAddress, SigningKey } from 'ethers'
import { decoyCommitment } from '../decoy.js'
import {
  ballotDigest,
  beaconOf,
  commitDigest,
  commitmentOf,
  headerHash,
  presenceDigest,
  proofOfPossessionDigest,
  proposalDigest,
  providerSchedule,
  reportDigest,
  scheduleDigest,
  seenDigest,
  seenListHash,
  sessionIdOf,
} from '../digests.js'
import { DOMAIN } from '../domains.js'
import { equivocationDigests, STATEMENT_KINDS } from '../equivocation.js'
import { keccakText } from '../hash.js'
import { fromHex, type Hex } from '../hex.js'
import { laneId, laneSessionDigest, servedDigest } from '../lane.js'
import { channelId, voucherDigest } from '../voucher.js'
import { sampleAddress, sampleBytes, sampleHeader } from './samples.js'

export function digestVectors() {
  const network = { chainId: 31337, contract: sampleAddress('EpochReports') }
  const id = { era: 3, epoch: 14 }
  const header = sampleHeader()
  const hash = headerHash(network, header)
  const ballotRoot = keccakText('ballot root')
  const ballotSignature = sampleBytes('ballot signature', 96)
  const commitment = commitmentOf(ballotRoot, fromHex(ballotSignature))
  const entries = [
    { verifier: 0, root: keccakText('root of 0') },
    { verifier: 7, root: keccakText('root of 7') },
  ]
  const beacon = beaconOf(keccakText('prevrandao'), id.epoch)
  const scheduleSignature = sampleBytes('schedule signature', 96)
  const provider = sampleAddress('provider')
  const parties = { provider, receiver: 4, senders: [0, 2, 7] }
  const nonce = keccakText('nonce')
  const registry = sampleAddress('VerifierRegistry')
  const account = sampleAddress('verifier')
  const blsKey = sampleBytes('BLS key', 128)
  const escrow = { chainId: 31337, contract: sampleAddress('TransferEscrow') }
  const channel = {
    ...{ number: 2 ** 33 + 5, payer: sampleAddress('payer'), payee: provider },
    ...{ signer: sampleAddress('signer'), price: 2n ** 95n + 1n },
  }
  const lanes = { chainId: 31337, contract: sampleAddress('Lanes') }
  const lane = {
    ...{ number: 2 ** 33 + 6, payer: sampleAddress('payer'), payee: provider, signer: sampleAddress('signer') },
    ...{ kbps: 2 ** 32 - 5, fromSlot: 2 ** 34 + 7, slots: 12, slotPrice: 2n ** 118n + 3n },
  }
  const idOfLane = laneId(lanes, lane)
  const voucher = {
    sessionId: sessionIdOf(network, id, beacon, parties, nonce),
    bytes: 5 * 2 ** 32 + 7,
    head: keccakText('receipt head'),
    elapsedMs: 412_345,
    channel: channelId(escrow, channel),
    total: 9 * 2 ** 40 + 1,
  }
  const voucherKey = keccakText('provider key')
  const digestOfVoucher = voucherDigest(network, voucher)
  const bound = { ...network, ...id }
  const decoys = { chainId: 31337, contract: sampleAddress('Decoys') }
  const decoy = { provider, firstEpoch: 14, lastEpoch: 37, seed: keccakText('seed') }
  const contradiction = { ...id, slot: 7, position: 4, first: keccakText('one value'), second: keccakText('another') }
  return {
    domains: DOMAIN,
    beacon: { prevRandao: keccakText('prevrandao'), epoch: id.epoch, digest: beacon },
    proofOfPossession: {
      chainId: network.chainId,
      registry,
      account,
      blsKey,
      digest: proofOfPossessionDigest(network.chainId, registry, account, fromHex(blsKey)),
    },
    header: { ...network, header, digest: hash },
    report: { ...bound, round: 2, headerHash: hash, digest: reportDigest(network, id, 2, hash) },
    proposal: { ...bound, round: 2, headerHash: hash, digest: proposalDigest(network, id, 2, hash) },
    ballot: { ...bound, verifier: 7, root: ballotRoot, digest: ballotDigest(network, id, 7, ballotRoot) },
    commitment: { ballotRoot, ballotSignature, digest: commitment },
    commit: { ...bound, verifier: 7, commitment, digest: commitDigest(network, id, 7, commitment) },
    seenList: { entries, digest: seenListHash(entries) },
    emptySeenList: { entries: [], digest: seenListHash([]) },
    seen: { ...bound, verifier: 7, entries, digest: seenDigest(network, id, 7, entries) },
    equivocation: {
      ...network,
      ...contradiction,
      digests: STATEMENT_KINDS.map((_, kind) => equivocationDigests(network, { ...contradiction, kind })),
    },
    presence: {
      ...bound,
      verifier: 7,
      since: 1_700_000_000,
      nonce,
      digest: presenceDigest(network, id, 7, 1_700_000_000, nonce),
    },
    schedule: { ...bound, beacon, digest: scheduleDigest(network, id, beacon) },
    providerSchedule: { scheduleSignature, provider, digest: providerSchedule(fromHex(scheduleSignature), provider) },
    session: { ...bound, beacon, ...parties, nonce, digest: sessionIdOf(network, id, beacon, parties, nonce) },
    decoy: { ...decoys, ...decoy, digest: decoyCommitment(decoys, decoy) },
    channel: { ...escrow, ...channel, price: `${channel.price}`, digest: channelId(escrow, channel) },
    lane: { ...lanes, ...lane, slotPrice: `${lane.slotPrice}`, digest: idOfLane },
    served: { ...lanes, id: idOfLane, slotsServed: 11, digest: servedDigest(lanes, idOfLane, 11) },
    laneSession: { ...lanes, id: idOfLane, sessionId: nonce, digest: laneSessionDigest(lanes, idOfLane, nonce) },
    voucher: {
      ...network,
      voucher,
      digest: digestOfVoucher,
      signer: computeAddress(voucherKey).toLowerCase() as Hex,
      signature: new SigningKey(voucherKey).sign(digestOfVoucher).serialized as Hex,
    },
  } satisfies Record<string, Record<string, unknown> & { digest?: Hex }>
}
