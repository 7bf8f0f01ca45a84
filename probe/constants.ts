/** What the probe fixes. Times in milliseconds, rates in kbit/s at the IP layer. */

/** A log entry's length; both ends count in it. */
export const LOG_INTERVAL_MS = 50

/** A receiver keeps this many chunks open for reordered datagrams; older ones close as they are. */
export const CHUNKS_BEHIND = 32

/** Bucket of the exact limiter: as much as FACTS of real shapers suggest a short queue holds. */
export const LIMITER_BURST_MS = 50

/**
 * A sender that its machine held up makes good for at most this much: with one of three senders missing, the others
 * have five hundredths to spare, and a busy machine takes more than that in one pause.
 */
export const CATCH_UP_MS = 250
/** It catches up at this multiple of its rate, with this much at once, so that no queue on the way overflows. */
export const CATCH_UP_SPEED = 2
export const BURST_MS = 20
/** The relay's bucket for one session: above CATCH_UP_MS, so that an honest sender never meets it. */
export const POLICE_BURST_MS = 300
/** And its rate above what was asked for: two clocks never run alike. */
export const POLICE_SLACK = 1.05
/** What a session may ask for above the share: rounding, and a claim that was read a block earlier. */
export const SHARE_SLACK = 1.02

/** What a heartbeat session asks for: any session of data asks for more. */
export const HEARTBEAT_RATE_KBPS = 64

/** The relay asks the next hop for an echo this often, and this long. */
export const CHALLENGE_INTERVAL_MS = 20
export const CHALLENGE_TIMEOUT_MS = 1000

/** No unpaid session carries more than its rate for this long (a soak takes 12 s), or lives longer than an hour. */
export const MAX_BUDGET_MS = 15_000
export const MAX_DURATION_MS = 3_600_000

/** A provider's unpaid sessions: a verifier has one for heartbeats and a few at most for data. */
export const MAX_SESSIONS_PER_PEER = 8
export const MAX_SESSIONS = 256

/**
 * Control datagrams: this share of a sender's main flow, and at least so many a second, so that a second has the
 * hundred that a low vote needs even where one of three senders is missing.
 */
export const CONTROL_SHARE = 0.02
export const CONTROL_PER_SECOND = 60

/** A direct probe sends for so long; its first part is discarded, and it is read a little before its end. */
export const DIRECT_MS = 700
export const DIRECT_SPAN = { discardMs: 150, measureMs: 500 }

/** From the call to the first datagram sent: all senders ready, or this long after enough of them are. */
export const STRAGGLER_MS = 350
export const HANDSHAKE_MS = 1200
/** Where data starts at an instant that was fixed before, the call comes so long ahead of it; and not later than this. */
export const START_LEAD_MS = HANDSHAKE_MS + STRAGGLER_MS
export const START_TOLERANCE_MS = 200
/** Most that is measured in a session that is no soak: a low reading may need more evidence than a second has. */
export const LONGEST_MEASURE_MS = 4000
/** From the start to the last arrival that is looked at, beyond what is measured: a long round trip, and the halt. */
const DATA_SLACK_MS = 800
/** Most that data may flow for through the provider. */
export const DATA_MS = LONGEST_MEASURE_MS + DATA_SLACK_MS
/** The same of a soak: its last turn may come as late as a provider's queue holds it up (turns.ts). */
const SOAK_SLACK_MS = 1600
export const soakDataMs = (soakMs: number): number => soakMs + SOAK_SLACK_MS
/** From the published root to the last reveal. */
export const REVEAL_MS = 1500
/** From a sender's reveal to the openings that it is owed: the other reveals are awaited first, and all data is checked. */
export const OPENINGS_MS = 2 * REVEAL_MS
/** What a session may take besides its data: handshakes, stragglers, direct probe and reveal. */
export const OVERHEAD_MS = 4000
/** How long a provider listens for the counter-signature of a session that has finished: it comes with the openings. */
export const COUNTER_MS = OVERHEAD_MS + OPENINGS_MS

/** A receipt about this often, in forwarded IP-layer bytes, but no more than ten a second: each is signed. */
export const RECEIPT_BYTES = 1 << 20
export const RECEIPT_MS = 100
/** How long a sender waits for the provider's last receipt: it corroborates, the reveal must not hang on it. */
export const LAST_RECEIPT_MS = 150
