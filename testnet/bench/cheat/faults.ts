/** Senders that fail in one way each: the real sender, with something between the sender and the others. */
import { setTimeout as pause } from 'node:timers/promises'
import type { MessageStream, PeerSigner } from '../../../probe/index.js'
import { revealDigest } from '../../../probe/wire/statements.js'
import { ProbeFrame, type ProbeInvite } from '../../../proto/messages.js'
import { LinkModel } from '../../lab/link-model.js'

/** A sender's order: the claim, and the length of a soak. */
export interface Order {
  readonly claimKbps: number
  readonly soakMs: number | undefined
}

export interface Fault {
  /** Changes the order that the sender goes by. */
  order?(given: Order): Order
  /** Stands between the sender and the receiver. Returns undefined for a sender that never answers. */
  stream?(stream: MessageStream, signer: PeerSigner): MessageStream | undefined
  /** Stands between the sender and the relay: how many copies of a datagram pass. @param shareKbps the sender's share */
  link?(shareKbps: number): (bytes: number, nowMs: number) => number
  /** The sender's session is with another box of the provider, under an address of its own. */
  readonly box?: true
}

/** Passes on changed frames. */
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

export const silent: Fault = { stream: () => undefined }

/** Leaves instead of revealing its key. */
export const keyless: Fault = {
  stream: stream => ({
    receive: () => stream.receive(),
    close: () => stream.close(),
    send: message => (ProbeFrame.decode(message).reveal ? stream.close() : stream.send(message)),
  }),
}

/** Lends bandwidth from its own address: its data never comes near the provider's. */
export const boxed: Fault = {
  box: true,
  // No model of a path, which would show one address for all, lies between the box and the receiver.
  stream: stream =>
    changing(stream, {
      toSender: frame => (frame.invite ? { invite: { ...frame.invite, host: '127.0.0.1' } } : frame),
    }),
}

/** Sends half of its share, and says so. */
const slow: Fault = { order: ({ claimKbps, soakMs }) => ({ claimKbps: Math.round(claimKbps / 2), soakMs }) }

/** Sends every datagram four times: the relay polices the sender, and duplicates do not count. */
const flooding: Fault = { link: () => () => 4 }

/** Sends every other sequence number, and a log that says so: by the numbers half of the data are lost on the way. */
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

/** Has a link that carries a third of its share. */
const thin: Fault = {
  link: shareKbps => {
    const link = new LinkModel(shareKbps / 3)
    return (bytes, nowMs) => (link.leavesMs(bytes, nowMs) === undefined ? 0 : 1)
  },
}

/** The longest time that a sender waits for its start. */
const STILL_MS = 3_500
/** Is silent at first, and then spends its budget as fast as the relay allows, even in other senders' turns of a soak. */
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

/** Faults in a soak. Only a soak has turns. */
export const SOAK_FAULTS = { silent, slow, flooding, skipping, thin, crowding } as const satisfies Record<string, Fault>

export const FAULTS = { silent, slow, flooding, skipping, thin } as const satisfies Record<string, Fault>
export type FaultName = keyof typeof FAULTS | keyof typeof SOAK_FAULTS
