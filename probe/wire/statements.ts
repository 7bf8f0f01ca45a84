/**
 * What the parties of a session sign and commit to: SHA-256 over a domain and a fixed layout, never over protobuf
 * bytes.
 */
import { createHash } from 'node:crypto'
import type { ProbeOpenings, RelayGrant, RelayRefuse, SendLog } from '../../proto/messages.js'

function digest(domain: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(`bandwitness/v1/probe/${domain}\n`)
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** H(K): binds the key to one session and one sender, so that nobody can reveal it for another sender's data. */
export const keyCommitment = (sessionId: Uint8Array, slot: number, key: Uint8Array): Uint8Array =>
  digest('key', sessionId, Uint8Array.of(slot), key)

/**
 * The id of one sender's session with the provider. The provider cannot tell which of them belong to one session of the
 * probe until a vote shows that session's id.
 */
export const relaySessionId = (sessionId: Uint8Array, slot: number): Uint8Array =>
  digest('relay-session', sessionId, Uint8Array.of(slot))

/** Signed by the provider's account. */
export function grantDigest(grant: Omit<RelayGrant, 'signature'>): Uint8Array {
  const { sessionId, tag, udpPort, udpHost = '', rateKbps, budgetBytes, opener } = grant
  const host = Buffer.from(udpHost)
  const numbers = [udpPort, rateKbps, budgetBytes, host.length].map(uint32)
  return digest('grant', sessionId, tag, ...numbers, host, Buffer.from(opener))
}

/** Signed by the provider's account. */
export const refuseDigest = ({ sessionId, reason, opener }: Omit<RelayRefuse, 'signature'>): Uint8Array =>
  digest('refuse', sessionId, uint32(reason), Buffer.from(opener))

/** Signed by the provider's account. */
export const readyDigest = (sessionId: Uint8Array): Uint8Array => digest('ready', sessionId)

/** Signed by the receiver, before any key is revealed. */
export const stopDigest = (sessionId: Uint8Array, chunkRoot: Uint8Array): Uint8Array =>
  digest('stop', sessionId, chunkRoot)

/** Picks the i-th chunk to be opened. */
export const pickDigest = (chunkRoot: Uint8Array, slot: number, key: Uint8Array, i: number): Uint8Array =>
  digest('pick', chunkRoot, Uint8Array.of(slot), key, uint32(i))

/**
 * Signed by the receiver. The digest holds the commitment, so that a sender cannot check the openings with another key.
 */
export function openingsDigest(
  sessionId: Uint8Array,
  slot: number,
  commitment: Uint8Array,
  chunkRoot: Uint8Array,
  { slotRoots, treeRoot, held, openings }: Omit<ProbeOpenings, 'signature'>,
): Uint8Array {
  const counted = (items: readonly Uint8Array[]) => [uint32(items.length), ...items]
  const opened = openings.flatMap(({ chunk, mismatched, proof }) => [
    ...[chunk.index, chunk.arrivedLow, chunk.arrivedHigh].map(uint32),
    chunk.hash,
    ...counted(chunk.maskedTimes.map(uint32)),
    Uint8Array.of(mismatched ? 1 : 0),
    ...counted(proof),
  ])
  return digest(
    'openings',
    sessionId,
    Uint8Array.of(slot),
    commitment,
    chunkRoot,
    ...counted(slotRoots),
    treeRoot,
    uint32(held.length),
    held,
    uint32(openings.length),
    ...opened,
  )
}

/** Signed by the sender. The four lists have one length, so the layout is unambiguous. */
export function revealDigest(sessionId: Uint8Array, slot: number, key: Uint8Array, log: SendLog): Uint8Array {
  const counts = [...log.sent, ...log.blocked, ...log.errors, ...log.control].map(uint32)
  return digest(
    'reveal',
    sessionId,
    Uint8Array.of(slot),
    key,
    uint32(log.intervalMs),
    uint32(log.sent.length),
    ...counts,
  )
}

/** h_0 of a session's receipts. */
export const receiptSeed = (sessionId: Uint8Array, tag: Uint8Array): Uint8Array => digest('receipts', sessionId, tag)

/** h_j = SHA-256(h_{j−1} ‖ bytes ‖ t_j), which the provider signs. */
export const receiptHead = (previous: Uint8Array, bytes: number, elapsedMs: number): Uint8Array =>
  digest('receipt', previous, uint64(bytes), uint32(elapsedMs))
