/**
 * All digests that nodes sign or commit to. Each is `keccak256(abi.encode(domain, …))` over static types. A signed
 * digest also covers the chain id and a contract's address, so a signature for one network is invalid on every other.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { DOMAIN } from './domains.js'
import { keccak, keccakWords } from './hash.js'
import { HEADER_FIELDS, type Header } from './header.js'
import { fromHex, type Hex } from './hex.js'

/** Which network a signature is for: chain id and address of `EpochReports`. */
export interface NetworkId {
  readonly chainId: number
  readonly contract: Hex
}

/** The epoch that a signature belongs to. */
export interface EpochId {
  readonly era: number
  readonly epoch: number
}

const PREFIX = ['bytes32', 'uint256', 'address', 'uint64', 'uint64'] as const
const prefix = (domain: Hex, network: NetworkId, { era, epoch }: EpochId) =>
  [domain, BigInt(network.chainId), network.contract, era, epoch] as const

/** The epoch's public randomness, from `prevrandao` of B(e). */
export const beaconOf = (prevRandao: Hex, epoch: number): Hex =>
  keccakWords(['bytes32', 'bytes32', 'uint64'], [DOMAIN.beacon, prevRandao, epoch])

/**
 * Digest of the proof of possession. It binds a BLS key (128 bytes, EIP-2537 encoding) to one account of one registry
 * on one chain.
 */
export const proofOfPossessionDigest = (chainId: number, registry: Hex, account: Hex, blsKey: Uint8Array): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', 'address', 'bytes32'],
    [DOMAIN.proofOfPossession, BigInt(chainId), registry, account, keccak(blsKey)],
  )

export const headerHash = (network: NetworkId, header: Header): Hex =>
  keccakWords(
    ['bytes32', 'uint256', 'address', ...HEADER_FIELDS.map(([, type]) => type)],
    [DOMAIN.header, BigInt(network.chainId), network.contract, ...HEADER_FIELDS.map(([name]) => header[name])],
  )

/**
 * Digest of one value in one slot of an epoch. The slot is the agreement round of a report or a proposal, and the registry
 * index of the verifier for all else.
 */
export const statementDigest = (
  kind: 'commit' | 'ballot' | 'seen' | 'proposal' | 'report',
  network: NetworkId,
  id: EpochId,
  slot: number,
  value: Hex,
): Hex => keccakWords([...PREFIX, 'uint32', 'bytes32'], [...prefix(DOMAIN[kind], network, id), slot, value])

/** Digest that every partial signature, and therefore the certificate, signs. */
export const reportDigest = (network: NetworkId, id: EpochId, round: number, header: Hex): Hex =>
  statementDigest('report', network, id, round, header)

/** Digest that the leader signs over its proposal. */
export const proposalDigest = (network: NetworkId, id: EpochId, round: number, header: Hex): Hex =>
  statementDigest('proposal', network, id, round, header)

export const ballotDigest = (network: NetworkId, id: EpochId, verifier: number, root: Hex): Hex =>
  statementDigest('ballot', network, id, verifier, root)

/** A verifier commits to its ballot's root and signature before anybody reveals. The signature serves as the salt. */
export const commitmentOf = (ballotRoot: Hex, ballotSignature: Uint8Array): Hex =>
  keccak(concatBytes(fromHex(ballotRoot), ballotSignature))

export const commitDigest = (network: NetworkId, id: EpochId, verifier: number, commitment: Hex): Hex =>
  statementDigest('commit', network, id, verifier, commitment)

/** An entry of a seen list. The verifier committed to the root in time, and the list's author holds that ballot. */
export interface SeenEntry {
  /** registry index */
  readonly verifier: number
  readonly root: Hex
}

export const seenListHash = (entries: readonly SeenEntry[]): Hex =>
  keccakWords(
    entries.flatMap(() => ['uint32', 'bytes32'] as const),
    entries.flatMap(entry => [entry.verifier, entry.root]),
  )

export const seenDigest = (network: NetworkId, id: EpochId, verifier: number, entries: readonly SeenEntry[]): Hex =>
  statementDigest('seen', network, id, verifier, seenListHash(entries))

/** Digest of a process that presents itself. Not a statement: a process signs one in each epoch. @param nonce 32 bytes */
export const presenceDigest = (network: NetworkId, id: EpochId, verifier: number, since: number, nonce: Hex): Hex =>
  keccakWords(
    [...PREFIX, 'uint32', 'uint32', 'bytes32'],
    [...prefix(DOMAIN.presence, network, id), verifier, since, nonce],
  )

/**
 * Digest that a receiver signs once an epoch to draw its secret schedule. Nobody else can predict the BLS signature,
 * and everybody can check it.
 */
export const scheduleDigest = (network: NetworkId, id: EpochId, beacon: Hex): Hex =>
  keccakWords([...PREFIX, 'bytes32'], [...prefix(DOMAIN.schedule, network, id), beacon])

/** The schedule's seed for one provider. The vote shows the seed, and the signature in the ballot proves it. */
export const providerSchedule = (scheduleSignature: Uint8Array, provider: Hex): Hex =>
  keccak(concatBytes(scheduleSignature, fromHex(provider)))

/** Binds chain, epoch, beacon, all parties and a nonce. `receiver` and `senders` are registry indices. */
export const sessionIdOf = (
  network: NetworkId,
  id: EpochId,
  beacon: Hex,
  parties: { readonly provider: Hex; readonly receiver: number; readonly senders: readonly number[] },
  nonce: Hex,
): Hex =>
  keccakWords(
    [...PREFIX, 'bytes32', 'address', 'uint32', 'bytes32', 'bytes32'],
    [
      ...prefix(DOMAIN.session, network, id),
      beacon,
      parties.provider,
      parties.receiver,
      keccakWords(
        parties.senders.map(() => 'uint32' as const),
        parties.senders,
      ),
      nonce,
    ],
  )
