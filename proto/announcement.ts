/** The rule for what a node announces. `Announcements` in contracts/src/libraries is the same rule. */

export const MAX_PEER_ID_BYTES = 128
/** A provider's token key counts as one. */
export const MAX_ADDRESSES = 8
/** Enough for a host name of 184 bytes with its port and a peer id. */
export const MAX_ADDRESS_BYTES = 256

/** Without spaces: one line of a log holds the text, and every reader decodes it. */
const PRINTABLE = /^[\x21-\x7e]*$/

/**
 * @param texts the multiaddrs and the token key
 * @returns what is wrong, as a clause without a full stop; undefined if the registries take the announcement
 */
export function announcementFault(peerId: string, texts: readonly string[]): string | undefined {
  if (texts.length > MAX_ADDRESSES) {
    return `${texts.length} addresses are too many: the chain takes ${MAX_ADDRESSES}, a token key among them`
  }
  return textFault('peer id', peerId, MAX_PEER_ID_BYTES) ?? texts.map(addressFault).find(fault => fault !== undefined)
}

/** As `announcementFault`, for the address of an exit. */
export const addressFault = (text: string): string | undefined => textFault('address', text, MAX_ADDRESS_BYTES)

function textFault(name: string, text: string, maximum: number): string | undefined {
  if (!PRINTABLE.test(text)) return `the ${name} ${JSON.stringify(text)} has more than printable ASCII without spaces`
  if (text.length >= 1 && text.length <= maximum) return undefined
  return `the ${name} "${text}" has ${text.length} bytes: the chain takes 1 to ${maximum}`
}
