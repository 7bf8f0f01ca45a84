/** The rule for the texts that a node announces. `Announcements.sol` is the same rule, so readers refuse nothing valid. */

export const MAX_PEER_ID_BYTES = 128
/** A provider's token key counts as one. */
export const MAX_ADDRESSES = 8
export const MAX_ADDRESS_BYTES = 256

/** Printable ASCII without spaces: one byte a character. */
const PRINTABLE = /^[!-~]+$/

/** @param multiaddrs with the token key, if there is one */
export const isAnnouncement = (peerId: string, multiaddrs: readonly string[]): boolean =>
  isText(peerId, MAX_PEER_ID_BYTES) &&
  multiaddrs.length <= MAX_ADDRESSES &&
  multiaddrs.every(text => isText(text, MAX_ADDRESS_BYTES))

const isText = (text: string, maxBytes: number): boolean => text.length <= maxBytes && PRINTABLE.test(text)
