/**
 * The records of an epoch's facts. From one epoch to the next hardly anything changes in the lists of verifiers and of
 * providers. So a list is split into parts, and a part is a record of its own, which many epochs share.
 */
import { createHash } from 'node:crypto'
import { toHex } from '../../proto/hex.js'
import type { ActiveProvider, ChainFacts, FrozenVerifier, PaidReport, ReportId } from '../core/facts.js'
import { ByteReader, ByteWriter } from './bytes.js'

/** A changed stake or link writes one part again: some 10 KiB. */
const PART_PROVIDERS = 128

const ADDRESS_BYTES = 20
const HASH_BYTES = 32
/** No two parts of a network ever share so many bytes of a hash. */
const NAME_BYTES = 16

/** A part by its contents. */
export type PartName = string

export interface FactRecords {
  readonly head: Uint8Array
  readonly parts: ReadonlyMap<PartName, Uint8Array>
}

/** The facts without their lists, and the parts of the lists. */
export interface FactsHead extends Omit<ChainFacts, 'verifiers' | 'providers'> {
  readonly verifierPart: PartName
  /** in the order of the providers */
  readonly providerParts: readonly PartName[]
}

const nameOf = (part: Uint8Array): PartName =>
  toHex(createHash('sha256').update(part).digest().subarray(0, NAME_BYTES)).slice(2)

export function encodeFacts(facts: ChainFacts): FactRecords {
  const verifierPart = encodeVerifiers(facts.verifiers)
  const providerParts = Array.from({ length: Math.ceil(facts.providers.length / PART_PROVIDERS) }, (_, i) =>
    encodeProviders(facts.providers.slice(i * PART_PROVIDERS, (i + 1) * PART_PROVIDERS)),
  )
  const names = providerParts.map(nameOf)
  const out = new ByteWriter()
  out.uint(facts.era).uint(facts.epoch).uint(facts.blockNumber)
  out.hex(facts.blockHash).hex(facts.beacon).hex(facts.windowBeacon)
  writeReportId(out, facts.linkReport)
  writePaidReport(out, facts.paidReport)
  out.big(facts.rewardsFunded).hex(`0x${nameOf(verifierPart)}`)
  out.list(names, name => out.hex(`0x${name}`))
  const parts = new Map(providerParts.map((part, i) => [names[i]!, part] as const))
  return { head: out.done(), parts: parts.set(nameOf(verifierPart), verifierPart) }
}

export function decodeFactsHead(head: Uint8Array): FactsHead {
  const from = new ByteReader(head)
  const name = (): PartName => from.hex(NAME_BYTES).slice(2)
  return {
    era: from.uint(),
    epoch: from.uint(),
    blockNumber: from.uint(),
    blockHash: from.hex(HASH_BYTES),
    beacon: from.hex(HASH_BYTES),
    windowBeacon: from.hex(HASH_BYTES),
    linkReport: readReportId(from),
    paidReport: readPaidReport(from),
    rewardsFunded: from.big(),
    verifierPart: name(),
    providerParts: from.list(name),
  }
}

function encodeVerifiers(verifiers: readonly FrozenVerifier[]): Uint8Array {
  const out = new ByteWriter()
  for (const { index, account, blsKey, capacityKbps, position } of verifiers)
    out
      .uint(index)
      .hex(account)
      .bytes(Buffer.from(blsKey.slice(2), 'hex'))
      .uint(capacityKbps)
      .uint(position)
  return out.done()
}

export const decodeVerifiers = (part: Uint8Array): FrozenVerifier[] =>
  readAll(part, from => ({
    index: from.uint(),
    account: from.hex(ADDRESS_BYTES),
    blsKey: toHex(from.bytes()),
    capacityKbps: from.uint(),
    position: from.uint(),
  }))

function encodeProviders(providers: readonly ActiveProvider[]): Uint8Array {
  const out = new ByteWriter()
  for (const { index, account, claimKbps, region, link, stake, inWindow, active } of providers)
    out.uint(index).hex(account).uint(claimKbps).hex(region).hex(link).big(stake).flag(inWindow).flag(active)
  return out.done()
}

export const decodeProviders = (part: Uint8Array): ActiveProvider[] =>
  readAll(part, from => ({
    index: from.uint(),
    account: from.hex(ADDRESS_BYTES),
    claimKbps: from.uint(),
    region: from.hex(HASH_BYTES),
    link: from.hex(HASH_BYTES),
    stake: from.big(),
    inWindow: from.flag(),
    active: from.flag(),
  }))

function readAll<T>(part: Uint8Array, read: (from: ByteReader) => T): T[] {
  const from = new ByteReader(part)
  const all: T[] = []
  while (!from.isAtEnd) all.push(read(from))
  return all
}

const writeReportId = (out: ByteWriter, { epoch, headerHash }: ReportId): ByteWriter => out.uint(epoch).hex(headerHash)
const readReportId = (from: ByteReader): ReportId => ({ epoch: from.uint(), headerHash: from.hex(HASH_BYTES) })

function writePaidReport(out: ByteWriter, { nonSigners, reveals, covered, ...id }: PaidReport): void {
  writeReportId(out, id)
  out.list(nonSigners, position => out.uint(position))
  out.list(reveals, ({ provider, firstEpoch, lastEpoch, seed }) =>
    out.hex(provider).uint(firstEpoch).uint(lastEpoch).hex(seed),
  )
  out.list(covered, one => writeReportId(out, one))
}

const readPaidReport = (from: ByteReader): PaidReport => ({
  ...readReportId(from),
  nonSigners: from.list(() => from.uint()),
  reveals: from.list(() => ({
    provider: from.hex(ADDRESS_BYTES),
    firstEpoch: from.uint(),
    lastEpoch: from.uint(),
    seed: from.hex(HASH_BYTES),
  })),
  covered: from.list(() => readReportId(from)),
})
