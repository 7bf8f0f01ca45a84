/** The events of a network that its nodes read. */
import { toNumber } from 'ethers'
import { announcementFault, MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_PEER_ID_BYTES } from '../../proto/announcement.js'
import { splitPublicApi } from '../../proto/public-api.js'
import { splitAnnounced } from '../../proto/token.js'
import type { ChainEvent } from '../core/chain-log.js'
import type { Announcement } from '../core/ports.js'
import { type Contracts, hex } from './contracts.js'
import { EventDecoder, type ReadEvent, textBytes, wordBytes } from './event-decoder.js'

export const REGISTRY = { verifier: 'verifierRegistry', provider: 'providerRegistry' } as const

/** Two offsets, the peer id, the number of addresses, and an offset and a text for each. */
const ANNOUNCED_BYTES =
  wordBytes(2) +
  textBytes(MAX_PEER_ID_BYTES) +
  wordBytes(1) +
  MAX_ADDRESSES * (wordBytes(1) + textBytes(MAX_ADDRESS_BYTES))
/** A header, and positions of at most 191 non-signers. */
const POSTED_BYTES = 8192
const SETTLED_BYTES = 512

type Content = ChainEvent extends infer E ? (E extends ChainEvent ? Omit<E, 'block' | 'logIndex'> : never) : never
type Read = ReadEvent<Content>

export class LogEvents extends EventDecoder<Content> {
  constructor({ verifierRegistry, providerRegistry, epochReports, slashingManager }: Contracts) {
    const announced = { event: 'Announced', maxBytes: ANNOUNCED_BYTES }
    super([
      { contract: verifierRegistry, ...announced, read: announcementOf('verifier') },
      { contract: providerRegistry, ...announced, read: announcementOf('provider') },
      { contract: epochReports, event: 'Posted', maxBytes: POSTED_BYTES, read: postedFrom },
      { contract: slashingManager, event: 'Settled', maxBytes: SETTLED_BYTES, read: settledFrom },
      { contract: slashingManager, event: 'Refuted', maxBytes: SETTLED_BYTES, read: refutedFrom },
    ])
  }
}

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
