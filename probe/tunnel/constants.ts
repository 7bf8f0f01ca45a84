/** The tunnel's fixed numbers. Times in milliseconds, lengths in bytes. */
import { DATAGRAM_BYTES, TAG_BYTES } from '../../proto/datagram.js'

/** Slot and sequence number of a datagram, as one masked word. */
export const WORD_BYTES = 4
export const LEG_HEADER_BYTES = TAG_BYTES + WORD_BYTES
/** The authentication at the end of each datagram (AES-128-GCM). */
export const AUTHENTICATION_BYTES = 16
/** Each body ends with a byte that names its kind. Padding follows that byte. */
export const KIND_BYTES = 1
/** Each end numbers its packets of QUIC, over all legs. */
export const NUMBER_BYTES = 6
/** What a body takes besides its kind. */
export const CONTENT_BYTES = DATAGRAM_BYTES - LEG_HEADER_BYTES - AUTHENTICATION_BYTES - KIND_BYTES
/** The largest packet of QUIC that a datagram takes. */
export const PACKET_BYTES = CONTENT_BYTES - NUMBER_BYTES

/** X25519. */
export const PUBLIC_KEY_BYTES = 32
export const TUNNEL_ID_BYTES = 16
/** What a pong gives and a later ping returns. It shows that the client hears what the exit sends. */
export const COOKIE_BYTES = 8

/** A ping or pong names at most so many legs. An exit allows no tunnel more. */
export const MOST_LEGS = 8

export const PING_MS = 20
/** A tunnel whose streams have carried nothing for so long rests (rest.ts). */
export const REST_AFTER_MS = 5000
/** Of a resting tunnel. What is paid for these pings keeps sessions open. */
export const REST_PING_MS = 200
/** An exit looks so often whether a leg has fallen silent. */
export const LOOK_MS = 10
/** A timer that is so late is on time. */
export const TICK_SLACK_MS = 5
/** A leg is silent once so many pings in a row could have been answered, and none was. */
export const SILENT_PINGS = 3
/** On a leg that loses pings or pongs so many must be unanswered that chance does this once in so many pings. */
export const FALSE_ALARM = 1e-6
/** And never more. */
export const MOST_SILENT_PINGS = 10
/** A leg on which so many datagrams came in as long as SILENT_PINGS take is not silent by chance. */
export const FLOWING_DATAGRAMS = 12
/** And for so many times its jitter: RFC 6298 waits that long for a late answer, too. */
export const SILENT_JITTERS = 4
/**
 * If no leg hears anything, then the exit or the client's own network is silent, and no leg is better than the others.
 * The legs are then dead only after this time.
 */
export const ALL_SILENT_MS = 400
/** A client repeats its join after this time, and then after twice the time before. */
export const JOIN_AGAIN_MS = 60
/** A leg without a pong is dead after this time. An exit forgets a leg whose client has not answered a pong for so long. */
export const JOIN_MS = 3000
/** The client gives up an exit that has answered a join, and has not done the handshake of QUIC after this time. */
export const HANDSHAKE_MS = 10_000
/** An exit forgets a leg from which nothing came for so long. */
export const LEG_IDLE_MS = 5000

/** A leg's sequence numbers may be so far out of order. At 400 Mbit/s these are 0.1 s. */
export const REPLAY_WINDOW = 4096
/** A client ends a leg when so few sequence numbers are left. */
export const WORN_LEFT = 2 * REPLAY_WINDOW

/** Of a leg's rate. A queue that a burst has filled would never drain at the full rate, and delay all that follows. */
export const PACE_SHARE = 0.99
/**
 * Pacing sends at most so much of a leg's rate at once. A process that had a pause of so long catches up, and queues of this
 * length on the way do not overflow.
 */
export const PACE_BURST_MS = 20
/** The least burst, in full datagrams: slow legs would otherwise wait for a timer at each datagram. */
export const PACE_BURST_DATAGRAMS = 4

/** Packets that came before an earlier one wait at most so long. A leg whose way is longer than another's by more is of little use. */
export const MOST_HELD_MS = 400
/** And so many at most: 0.2 s at 100 Mbit/s. */
export const MOST_HELD = 2048
/** What went over a leg that is no longer in use comes within this time: late, or once more over another leg. */
export const REPEATED_WITHIN_MS = 250

/**
 * Each end has the other acknowledge something so often. It shows the client that the exit still knows the tunnel, and BBR a
 * round trip: after ten seconds without one it would stop for 200 ms as soon as a user loads the next page.
 */
export const KEEP_ALIVE_MS = 1000

/** An exit holds back what comes for QUIC by so many steps, and a while later by one less (sinking-delay.ts). */
export const DELAY_STEPS = 5
/** The fastest of many round trips varies by less. */
export const DELAY_STEP_MS = 2
/** BBR's patience is ten seconds. */
export const DELAY_STEP_EVERY_MS = 8000
