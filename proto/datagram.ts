/**
 * The fixed layouts of datagrams. Every datagram starts with a tag of 8 bytes. The provider's grant sets the tag,
 * except for control datagrams.
 *
 * data       tag 8 | sealed: [sender 1 | sequence 3 | tag 8 | send time 4, masked] | payload 1176
 * control    as data; the receiver chooses the tag, and the sender sends directly to the receiver
 * size probe as data, cut to 300, 600 or 900 bytes: tells a path that loses full datagrams from one that loses all
 * heartbeat  tag 8 | random 1192
 * challenge  tag 8 | "BWCH" | nonce 16      provider → next hop, or sender → receiver, before it sends any data there
 * echo       tag 8 | "BWEC" | nonce 16      the answer
 *
 * The sealed part is one AES block. Only the sender and the receiver have its key (probe/wire/header-seal.ts).
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'

export const TAG_BYTES = 8
/** The sealed part of a header. */
export const SEALED_BYTES = 16
export const HEADER_BYTES = TAG_BYTES + SEALED_BYTES
export const DATAGRAM_BYTES = 1200
export const PAYLOAD_BYTES = DATAGRAM_BYTES - HEADER_BYTES
/** IPv4 and UDP headers, which the IP layer carries in addition to each datagram's own bytes. */
export const IP_UDP_HEADER_BYTES = 28
/** The same with IPv6. */
export const IPV6_UDP_HEADER_BYTES = 48
/** A datagram of data at the IP layer, with IPv4. */
export const IP_DATAGRAM_BYTES = DATAGRAM_BYTES + IP_UDP_HEADER_BYTES

/** Headers that the IP layer adds to a datagram of the session's address family. */
export const headerBytes = (ipv6: boolean): number => (ipv6 ? IPV6_UDP_HEADER_BYTES : IP_UDP_HEADER_BYTES)
/** A datagram of data at the IP layer. With IPv6 it has 1248 bytes, so it fits IPv6's least path MTU of 1280. */
export const ipDatagramBytes = (ipv6: boolean): number => DATAGRAM_BYTES + headerBytes(ipv6)

/** A chunk, the unit of commitment: about 64 KiB of datagrams. */
export const CHUNK_DATAGRAMS = 52

export const NONCE_BYTES = 16
export const CHALLENGE_BYTES = TAG_BYTES + 4 + NONCE_BYTES
export const CHALLENGE_MAGIC = utf8ToBytes('BWCH')
export const ECHO_MAGIC = utf8ToBytes('BWEC')

export const MAX_SEQUENCE = 0xffffff

/** Control datagrams carry the keystream from this chunk on. Data through the provider never reaches this chunk. */
export const CONTROL_CHUNK = 2 ** 20
/** In a sender's turn of a soak, sequence numbers start here and the keystream starts at TURN_CHUNK. */
export const TURN_SEQUENCE = 2 ** 22
export const TURN_CHUNK = 2 ** 19
/** A direct probe uses the control tag. Its sequence numbers start here, and its keystream starts at DIRECT_CHUNK. */
export const DIRECT_SEQUENCE = 2 ** 23
export const DIRECT_CHUNK = 2 ** 21
/** The sequence number of a size probe, from this one on, says which size it was sent with. */
export const SIZES_SEQUENCE = DIRECT_SEQUENCE + 2 ** 22
export const SIZES_CHUNK = 2 ** 22
/** Bytes of the size probes' datagrams. Paths of the internet carry 1280 bytes with IPv6 and 576 with IPv4. */
export const SIZES_BYTES = [300, 600, 900] as const
/** How many of each size a sender sends: on a path that loses a tenth, all four are lost with probability 10⁻⁴. */
export const SIZES_EACH = 4
/** The length that the i-th size probe was sent with. */
export const sizeProbeBytes = (i: number): number | undefined => SIZES_BYTES[Math.floor(i / SIZES_EACH)]
