/**
 * What crosses the UDP ports, in fixed layouts. A tag (8 bytes, from the provider's grant) always comes first.
 *
 * data       tag 8 | sender 1 | sequence 3 | send time 4, masked | payload 1184
 * control    the same, under a tag of the receiver's choice, from the sender directly
 * heartbeat  tag 8 | nonce 16
 * challenge  tag 8 | "BWCH" | nonce 16      provider → next hop, before anything is forwarded
 * echo       tag 8 | "BWEC" | nonce 16      next hop → provider
 */

export const TAG_BYTES = 8
export const HEADER_BYTES = 16
export const DATAGRAM_BYTES = 1200
export const PAYLOAD_BYTES = DATAGRAM_BYTES - HEADER_BYTES
/** IPv4 and UDP headers: what the IP layer carries for each datagram beyond its own bytes. */
export const IP_UDP_HEADER_BYTES = 28
export const IP_DATAGRAM_BYTES = DATAGRAM_BYTES + IP_UDP_HEADER_BYTES

/** A chunk, the unit of commitment: about 64 KiB of datagrams. */
export const CHUNK_DATAGRAMS = 52

export const NONCE_BYTES = 16
export const HEARTBEAT_BYTES = TAG_BYTES + NONCE_BYTES
export const CHALLENGE_BYTES = TAG_BYTES + 4 + NONCE_BYTES
export const CHALLENGE_MAGIC = Buffer.from('BWCH')
export const ECHO_MAGIC = Buffer.from('BWEC')

export const MAX_SEQUENCE = 0xffffff

/** Control datagrams are the keystream from this chunk on: what goes through the provider never comes so far. */
export const CONTROL_CHUNK = 2 ** 20
/** What a sender sends in its turn of a soak: sequence numbers from here, and the keystream from a chunk of its own. */
export const TURN_SEQUENCE = 2 ** 22
export const TURN_CHUNK = 2 ** 19
/** Those of a direct probe have the same tag, sequence numbers from here, and the keystream from a chunk of their own. */
export const DIRECT_SEQUENCE = 2 ** 23
export const DIRECT_CHUNK = 2 ** 21
