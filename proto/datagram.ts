/**
 * The fixed layouts of datagrams. Every datagram starts with a tag of 8 bytes. The provider's grant sets the tag,
 * except for control datagrams.
 *
 * data       tag 8 | sender 1 | sequence 3 | send time 4, masked | payload 1184
 * control    as data; the receiver chooses the tag, and the sender sends directly to the receiver
 * heartbeat  tag 8 | random 1192
 * challenge  tag 8 | "BWCH" | nonce 16      provider → next hop, before anything is forwarded
 * echo       tag 8 | "BWEC" | nonce 16      next hop → provider
 */

export const TAG_BYTES = 8
export const HEADER_BYTES = 16
export const DATAGRAM_BYTES = 1200
export const PAYLOAD_BYTES = DATAGRAM_BYTES - HEADER_BYTES
/** IPv4 and UDP headers, which the IP layer carries in addition to each datagram's own bytes. */
export const IP_UDP_HEADER_BYTES = 28
/** The same with IPv6. */
export const IPV6_UDP_HEADER_BYTES = 48
export const IP_DATAGRAM_BYTES = DATAGRAM_BYTES + IP_UDP_HEADER_BYTES

/** A chunk, the unit of commitment: about 64 KiB of datagrams. */
export const CHUNK_DATAGRAMS = 52

export const NONCE_BYTES = 16
export const CHALLENGE_BYTES = TAG_BYTES + 4 + NONCE_BYTES
export const CHALLENGE_MAGIC = Buffer.from('BWCH')
export const ECHO_MAGIC = Buffer.from('BWEC')

export const MAX_SEQUENCE = 0xffffff

/** Control datagrams carry the keystream from this chunk on. Data through the provider never reaches this chunk. */
export const CONTROL_CHUNK = 2 ** 20
/** In a sender's turn of a soak, sequence numbers start here and the keystream starts at TURN_CHUNK. */
export const TURN_SEQUENCE = 2 ** 22
export const TURN_CHUNK = 2 ** 19
/** A direct probe uses the control tag. Its sequence numbers start here, and its keystream starts at DIRECT_CHUNK. */
export const DIRECT_SEQUENCE = 2 ** 23
export const DIRECT_CHUNK = 2 ** 21
