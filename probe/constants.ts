/** The probe's fixed numbers. Times in milliseconds, rates in kbit/s at the IP layer. */
import { CHALLENGE_BYTES, IPV6_UDP_HEADER_BYTES } from '../proto/datagram.js'

/** Length of one entry of a send log. Senders and receivers count in it. */
export const LOG_INTERVAL_MS = 50

/** A receiver keeps this many chunks open for reordered datagrams. An older chunk closes as it is. */
export const CHUNKS_BEHIND = 32

/** Bucket of the exact limiter, about as large as the short queue of a real shaper. */
export const LIMITER_BURST_MS = 50

/**
 * A paused sender catches up on at most this much. With one of three senders missing, the other two offer only 5 % more
 * than needed, and one pause of a busy machine costs more than that.
 */
export const CATCH_UP_MS = 250
/**
 * A sender catches up at this multiple of its rate, in bursts of at most BURST_MS: no queue on the way may overflow.
 */
export const CATCH_UP_SPEED = 2
export const BURST_MS = 20
/** The relay's token bucket for one session. It is larger than CATCH_UP_MS, so an honest sender never exceeds it. */
export const POLICE_BURST_MS = 300
/** The bucket fills at this multiple of the granted rate, because two clocks never run at quite the same speed. */
export const POLICE_SLACK = 1.05
/** A session may ask for this multiple of its share: for rounding, and for a claim that was read a block earlier. */
export const SHARE_SLACK = 1.02

/**
 * The relay challenges the next hop after CHALLENGE_FIRST_MS, because the next hop knows the tag only once the grant has
 * reached it. Each further interval is CHALLENGE_BACKOFF times as long as the one before. That makes CHALLENGES before
 * the relay gives up after the timeout (see wire/path-validation.ts).
 */
export const CHALLENGE_FIRST_MS = 20
export const CHALLENGE_BACKOFF = 1.75
export const CHALLENGES = 8
export const CHALLENGE_TIMEOUT_MS = 3000
/** Openers pad their first message to this length, which pays for all CHALLENGES in IPv6, too. */
export const OPEN_BYTES = CHALLENGES * (CHALLENGE_BYTES + IPV6_UDP_HEADER_BYTES)
/**
 * Most challenges in a second to a host (or an IPv6 /64) that has never echoed, over all sessions of a relay. Before its
 * first echo, on a round trip of 150 ms, a verifier gets up to 16: four in each of three senders' sessions and in one for
 * heartbeats. So eight verifiers at one address may begin at once. A host that never asked gets at most 10 kB a second.
 */
export const CHALLENGES_PER_HOST = 128
/** A relay remembers this many hosts that have echoed. */
export const ECHOED_HOSTS_KEPT = 4096

/**
 * An unpaid session carries at most its rate for MAX_BUDGET_MS (a soak takes 15.6 s), and lasts at most SESSION_MS. All
 * sessions ask for the same (verdict/session-shape.ts).
 */
export const MAX_BUDGET_MS = 16_000
export const SESSION_MS = 26_000
/**
 * Every opener waits before its first data: from the opening for SETTLE_MS, and for a random time up to SETTLE_SPREAD_MS
 * more. Otherwise the wait would show what is behind an opening: a probe's sender waits for the other senders, and a
 * heartbeat for nobody.
 */
export const SETTLE_MS = 250
export const SETTLE_SPREAD_MS = 100

/** A session that is paid for may be ahead of its payments by this many bytes, or by what it carries in this time. */
export const PAID_WINDOW_BYTES = 4 << 20
export const PAID_WINDOW_MS = 1000
/**
 * Payments of so many bytes together show that a session is in use, and give it SESSION_MS more. Pings alone are as much in
 * less than half of that, also those of a tunnel that rests.
 */
export const LEAST_PAID_BYTES = 4 * 1024
/** Payments of one session, a second: receipts are at most ten, and each costs a signature check and a write to the disk. */
export const PAYMENTS_PER_SECOND = 20
/** A session with so many void payments ends. */
export const MOST_VOID_PAYMENTS = 100

/**
 * Sessions of strangers, who show no token. A person's own measurement takes one or a few for some seconds. Sessions
 * with a token have no limit of their own: there are no more than tokens.
 */
export const MAX_STRANGERS = 32
export const MAX_STRANGERS_PER_HOST = 4
export const MAX_STRANGERS_PER_PEER = 2
/**
 * All that the relay forwards while strangers send, as a multiple of the claim. Whoever keeps a claim has room for more,
 * and a stranger alone can still measure the whole claim.
 */
export const STRANGERS_FILL = 1.1
/** Strangers wait this long after reserved sessions sent as much, so a pause of a sender lets no stranger in. */
export const STRANGERS_WAIT_MS = 250
/** With a known rate of the link, each class of sessions waits in a queue of its own. No datagram waits longer there. */
export const CLASS_QUEUE_MS = 50
/**
 * The same for premium payers, while basic ones have more to send than the link takes. They are promised a third of the
 * others' delay. What is left of it is for a machine that is late. A shorter time would lose more of what a client sends at
 * once, when its process had a pause (PACE_BURST_MS in tunnel/).
 */
export const PREMIUM_QUEUE_MS = CLASS_QUEUE_MS / 4
/** Of the bytes that two classes of payers compete for, the dearer gets so many for each of the other's. */
export const PREMIUM_SHARE = 8
/** Openings a second with a token, which cost a curve operation (1.2 ms), and without one, which cost a signature. */
export const TOKEN_OPENINGS = { host: 2, all: 100, known: 100 }
export const STRANGER_OPENINGS = { host: 2, all: 50, known: 20 }
/** A relay knows this many hosts of verifiers. */
export const KNOWN_HOSTS_KEPT = 4096

/**
 * Control datagrams: this share of a sender's main flow, and at least CONTROL_PER_SECOND. Two senders of three then
 * send at least the hundred a second that a low vote needs.
 */
export const CONTROL_SHARE = 0.02
export const CONTROL_PER_SECOND = 60

/** Length of a direct probe. The receiver discards its first part, and reads the rate a little before its end. */
export const DIRECT_MS = 700
export const DIRECT_SPAN = { discardMs: 150, measureMs: 500, waitMs: 1000 }

/** Once enough senders are ready, the receiver waits this long for the rest. */
export const STRAGGLER_MS = 350
/** Longest wait for one step of a handshake. */
export const HANDSHAKE_MS = 1200
/** Longest wait for a connection to a provider: TCP, Noise and Yamux take five round trips, of up to half a second each. */
export const DIAL_MS = 3000
/** Longest wait for the echo of a next hop, as its opener sees it. */
export const PATH_MS = CHALLENGE_TIMEOUT_MS + HANDSHAKE_MS
/** From the invitations until enough senders are ready. On a round trip of 320 ms they take 2.6 s. */
export const READY_MS = HANDSHAKE_MS + CHALLENGE_TIMEOUT_MS
/**
 * If data must start at a fixed instant, the receiver calls the senders this long before it. Later than the tolerance
 * is too late.
 */
export const START_LEAD_MS = HANDSHAKE_MS + STRAGGLER_MS
export const START_TOLERANCE_MS = 200
/**
 * The discard starts at the first arrival, but no later than this. So standing delay (a full buffer, a satellite) is no
 * low rate, and a longer silence gives windows at zero.
 */
export const FIRST_ARRIVAL_MS = 3000
/** After so long without an arrival, the receiver asks for size probes. They have the rest of the wait to arrive. */
export const SIZES_AFTER_MS = 1500
/** Longest measurement of an ordinary session, from the first arrival: a low reading needs more than one second. */
export const LONGEST_MEASURE_MS = 8000
/** Longest discard: four round trips, at most this long. */
export const MAX_DISCARD_MS = 1000
const MIN_WINDOW_MS = 50
/** A window holds about a hundred datagrams at the claim: 960 ms over the claim in Mbit/s. */
const WINDOW_MS_MBPS = 960
/** Shortest discard: that of a short path. */
export const MIN_DISCARD_MS = 200
/** A reading stops early, and a low one at all, after at least so many windows. */
export const MIN_WINDOWS = 8
/** A low reading takes at most this many times the time in which a competing flow yields, and at least LEAST_LONGEST_MS. */
const YIELD_TIMES = 2
const LEAST_LONGEST_MS = 4000

export const windowMsOf = (claimKbps: number): number => Math.max(MIN_WINDOW_MS, (WINDOW_MS_MBPS * 1000) / claimKbps)

/**
 * How long a low reading is measured after its discard if nothing is in doubt. Below 960 · MIN_WINDOWS / `yieldMs` Mbit/s
 * the windows are so long that they decide: the smaller a claim, the longer its low readings.
 */
export function lowReadingMs(claimKbps: number, yieldMs: number): number {
  const windowMs = windowMsOf(claimKbps)
  return Math.max(Math.ceil(yieldMs / windowMs), MIN_WINDOWS) * windowMs
}

/** Longest measurement of an ordinary session, from the first arrival on: its discard, and the rest. */
export const longestMeasureMs = (yieldMs: number): number =>
  Math.min(LONGEST_MEASURE_MS, Math.max(LEAST_LONGEST_MS, YIELD_TIMES * yieldMs))

/** Senders do not start at quite the same time: a reading ends so long before the first of them may stop. */
export const STOP_MARGIN_MS = 250
/** In a soak, all senders send together for half of the time, and then take turns. */
export const togetherMs = (soakMs: number): number => soakMs / 2
/** Time for data besides the measurement: a long round trip, and the halt. */
const DATA_SLACK_MS = 800
/** Longest flow of data through the provider in an ordinary session. */
export const DATA_MS = FIRST_ARRIVAL_MS + LONGEST_MEASURE_MS + DATA_SLACK_MS
/** The slack of a soak: a provider's queue may delay the last turn by FIRST_ARRIVAL_MS (see verdict/turns.ts). */
const SOAK_SLACK_MS = FIRST_ARRIVAL_MS + 600
/** Longest flow of data through the provider in a soak. */
export const soakDataMs = (soakMs: number): number => soakMs + SOAK_SLACK_MS
/** From the published root to the last reveal. */
export const REVEAL_MS = 1500
/**
 * From a sender's reveal to the openings it is owed. In between the receiver awaits the other reveals and checks all
 * data.
 */
export const OPENINGS_MS = 2 * REVEAL_MS
/** Time of a session besides its data: handshakes, stragglers, direct probe and reveal. */
export const OVERHEAD_MS = READY_MS + STRAGGLER_MS + DIRECT_MS + REVEAL_MS
/**
 * A session in which nothing arrives lasts so long from its call: it waits for the first arrival, and then for the reveals.
 * A long round trip takes more, and a busy machine too.
 */
export const SILENT_SESSION_MS = HANDSHAKE_MS + FIRST_ARRIVAL_MS
/** How long a provider waits for the counter-signature after a session: the sender gets it with the openings. */
export const COUNTER_MS = OVERHEAD_MS + OPENINGS_MS

/**
 * A receipt covers about this many forwarded IP-layer bytes. At most ten a second are due, because each needs a
 * signature.
 */
export const RECEIPT_BYTES = 1 << 20
export const RECEIPT_MS = 100
/**
 * How long a sender waits for the provider's last receipt. The receipt only corroborates, so the reveal must not wait
 * long.
 */
export const LAST_RECEIPT_MS = 150
