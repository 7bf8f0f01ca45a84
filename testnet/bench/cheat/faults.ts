/** Senders that do not do their part, one at a time. Each is the real sender with something between it and the others. */
import { setTimeout as pause } from 'node:timers/promises'
import type { MessageStream, PeerSigner } from '../../../probe/index.js'
import { revealDigest } from '../../../probe/wire/statements.js'
import { ProbeFrame, type ProbeInvite } from '../../../proto/messages.js'
import { LinkModel } from '../../lab/link-model.js'

/** What a sender goes by: the claim, and how long a soak takes. */
export interface Order {
  readonly claimKbps: number
  readonly soakMs: number | undefined
}

export interface Fault {
  /** What it takes its order for. */
  order?(given: Order): Order
  /** Stands between the sender and the receiver; undefined for a sender that never answers. */
  stream?(stream: MessageStream, signer: PeerSigner): MessageStream | undefined
  /** Stands between the sender and the relay: how often a datagram is passed on. @param shareKbps that it was asked for */
  link?(shareKbps: number): (bytes: number, nowMs: number) => number
}

/** Passes frames on, changed. */
const changing = (
  stream: MessageStream,
  change: {
    readonly toSender?: (frame: ProbeFrame) => ProbeFrame
    readonly toReceiver?: (frame: ProbeFrame) => ProbeFrame | Promise<ProbeFrame>
  },
): MessageStream => ({
  close: () => stream.close(),
  receive: async () => {
    const message = await stream.receive()
    return message && change.toSender ? ProbeFrame.encode(change.toSender(ProbeFrame.decode(message))) : message
  },
  send: async message => {
    const changed = change.toReceiver && (await change.toReceiver(ProbeFrame.decode(message)))
    await stream.send(changed ? ProbeFrame.encode(changed) : message)
  },
})

const silent: Fault = { stream: () => undefined }

/** Sends half of what it was asked for, and says so. */
const slow: Fault = {
  stream: stream =>
    changing(stream, {
      toSender: frame =>
        frame.invite ? { invite: { ...frame.invite, rateKbps: Math.round(frame.invite.rateKbps / 2) } } : frame,
    }),
}

/** Every datagram four times: the relay polices it, and duplicates do not count. */
const flooding: Fault = { link: () => () => 4 }

/** Every other sequence number only, and a log that says so: by the numbers half of its data is lost on the way. */
const skipping: Fault = {
  stream: (stream, signer) => {
    let invite: ProbeInvite | undefined
    return changing(stream, {
      toSender: frame => {
        invite ??= frame.invite
        return frame
      },
      toReceiver: async frame => {
        if (!frame.reveal || !invite) return frame
        const log = { ...frame.reveal.log, sent: frame.reveal.log.sent.map(sent => Math.floor(sent / 2)) }
        const signature = await signer.sign(revealDigest(invite.sessionId, invite.slot, frame.reveal.key, log))
        return { reveal: { ...frame.reveal, log, signature } }
      },
    })
  },
  link: () => {
    let count = 0
    return () => count++ % 2
  },
}

/** Its own link carries a third of its share. */
const thin: Fault = {
  link: shareKbps => {
    const link = new LinkModel(shareKbps / 3)
    return (bytes, nowMs) => (link.leavesMs(bytes, nowMs) === undefined ? 0 : 1)
  },
}

/** Longest that a sender waits for its start. */
const STILL_MS = 3_500
/** Keeps still at first, and then spends what it was granted as fast as the relay lets it, also in the others' turns of a soak. */
const crowding: Fault = {
  order: ({ claimKbps, soakMs }) => ({ claimKbps: 2 * claimKbps, soakMs: soakMs && 2 * soakMs }),
  stream: stream => ({
    send: message => stream.send(message),
    close: () => stream.close(),
    receive: async () => {
      const message = await stream.receive()
      if (message && ProbeFrame.decode(message).start) await pause(STILL_MS)
      return message
    },
  }),
}

/** In a soak; elsewhere nobody has a turn. */
export const SOAK_FAULTS = { silent, slow, flooding, skipping, thin, crowding } as const satisfies Record<string, Fault>

export const FAULTS = { silent, slow, flooding, skipping, thin } as const satisfies Record<string, Fault>
export type FaultName = keyof typeof FAULTS | keyof typeof SOAK_FAULTS
