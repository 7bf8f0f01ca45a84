/**
 * Decodes the chain's log. Outsiders write it, so every log is data: what cannot be read is no event, and no log hides
 * another one.
 */
import { type Contract, type LogDescription, toNumber } from 'ethers'
import { announcementFault, MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_PEER_ID_BYTES } from '../../proto/announcement.js'
import type { Hex } from '../../proto/hex.js'
import { splitPublicApi } from '../../proto/public-api.js'
import { splitAnnounced } from '../../proto/token.js'
import type { ChainEvent } from '../core/chain-log.js'
import type { Announcement } from '../core/ports.js'
import { type Contracts, hex } from './contracts.js'

/** As `eth_getLogs` answers. */
export interface RawLog {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
  readonly blockNumber: string
  readonly logIndex: string
  readonly transactionHash: string
}

export const REGISTRY = { verifier: 'verifierRegistry', provider: 'providerRegistry' } as const

const WORD_BYTES = 32
const textBytes = (bytes: number): number => WORD_BYTES + Math.ceil(bytes / WORD_BYTES) * WORD_BYTES
/** Two offsets, the peer id, the number of addresses, and an offset and a text for each. */
const ANNOUNCED_BYTES =
  2 * WORD_BYTES +
  textBytes(MAX_PEER_ID_BYTES) +
  WORD_BYTES +
  MAX_ADDRESSES * (WORD_BYTES + textBytes(MAX_ADDRESS_BYTES))
/** A header, and positions of at most 191 non-signers. */
const POSTED_BYTES = 8192
const SETTLED_BYTES = 512

type Read = (args: LogDescription['args'], txHash: Hex) => Content
type Content = ChainEvent extends infer E ? (E extends ChainEvent ? Omit<E, 'block' | 'logIndex'> : never) : never

interface Source {
  readonly contract: Contract
  readonly event: string
  /** Longer data is no event. Few bytes can decode to gigabytes, so the limit comes before the decoder. */
  readonly maxBytes: number
  readonly read: Read
}

/** The events of a network that its nodes read. */
export class LogEvents {
  readonly #sources: readonly Source[]

  constructor({ verifierRegistry, providerRegistry, epochReports, slashingManager }: Contracts) {
    const announced = { event: 'Announced', maxBytes: ANNOUNCED_BYTES }
    this.#sources = [
      { contract: verifierRegistry, ...announced, read: announcementOf('verifier') },
      { contract: providerRegistry, ...announced, read: announcementOf('provider') },
      { contract: epochReports, event: 'Posted', maxBytes: POSTED_BYTES, read: postedFrom },
      { contract: slashingManager, event: 'Settled', maxBytes: SETTLED_BYTES, read: settledFrom },
      { contract: slashingManager, event: 'Refuted', maxBytes: SETTLED_BYTES, read: refutedFrom },
    ]
  }

  /** For `eth_getLogs`: no log of another contract or of another kind. */
  get filter(): { readonly address: string[]; readonly topics: string[][] } {
    return {
      address: this.#sources.map(({ contract }) => hex(contract.target as string)),
      topics: [[...new Set(this.#sources.map(topicOf))]],
    }
  }

  /** Undefined for a log that is none of these events, or that the contracts would not write. */
  decode(log: RawLog): ChainEvent | undefined {
    try {
      const source = this.#sources.find(
        one => hex(one.contract.target as string) === hex(log.address) && topicOf(one) === hex(log.topics[0] ?? ''),
      )
      if (source === undefined || log.data.length > 2 + 2 * source.maxBytes) return undefined
      const { interface: abi } = source.contract
      const args = abi.decodeEventLog(source.event, log.data, [...log.topics])
      // One encoding of each event, so that all decoders agree on what is one.
      const { data, topics } = abi.encodeEventLog(source.event, [...args])
      if (data !== hex(log.data) || topics.join() !== hex(log.topics.join())) return undefined
      const place = { block: toNumber(log.blockNumber), logIndex: toNumber(log.logIndex) }
      return { ...place, ...source.read(args, hex(log.transactionHash)) }
    } catch {
      return undefined
    }
  }
}

const topicOf = ({ contract, event }: Source): string => contract.interface.getEvent(event)!.topicHash

/** @throws Error if the texts break the rule for announcements */
const announcementOf =
  (role: Announcement['role']): Read =>
  ({ index, account, peerId, multiaddrs: list }) => {
    const texts = [...(list as string[])]
    const fault = announcementFault(peerId, texts)
    if (fault !== undefined) throw new Error(fault)
    const { others, publicApi } = splitPublicApi(texts)
    const { multiaddrs, tokenKey } = splitAnnounced(others)
    const more = { ...(tokenKey !== undefined && { tokenKey }), ...(publicApi !== undefined && { publicApi }) }
    const self = { role, index: toNumber(index), account: hex(account) }
    return {
      kind: 'announced',
      announcement: { ...self, peerId, multiaddrs, ...more },
    }
  }

const postedFrom: Read = ({ epoch, headerHash }, txHash) => ({
  kind: 'posted',
  ...{ epoch: toNumber(epoch), headerHash: hex(headerHash), txHash },
})

const settledFrom: Read = ({ epoch, provider, charged }, txHash) => ({
  kind: 'settled',
  settlement: { epoch: toNumber(epoch), provider: hex(provider), charged, refuted: false, txHash },
})

const refutedFrom: Read = ({ epoch, provider }, txHash) => ({
  kind: 'settled',
  settlement: { epoch: toNumber(epoch), provider: hex(provider), charged: 0n, refuted: true, txHash },
})
