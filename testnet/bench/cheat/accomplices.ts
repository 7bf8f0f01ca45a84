/**
 * Providers that deliver 60 % of their claim and have one accomplice among the three senders of a session: what the session
 * yields. Real sessions.
 */
import type { ForwardingSpec } from '../../../probe/index.js'
import type { Forwarding } from '../../../probe/plane/forwarding.js'
import { HEADER_BYTES } from '../../../proto/datagram.js'
import { DELIVERED_SHARE, isData, Link, takesAll } from '../../profiles/cheats/link.js'
import { CHEATS } from '../../profiles/profiles.js'
import { boxed, type Fault, keyless, silent } from './faults.js'

export interface Plot {
  /** what provider and accomplice do: a predicate */
  readonly what: string
  readonly forwarding: (claimKbps: number) => ForwardingSpec
  readonly fault: Fault
  /** The session may say "at least", and name the sender: then another session with other senders decides. */
  readonly maySpoil: boolean
}

/** The slot of the accomplice. The chooser refuses another. */
const ACCOMPLICE = 2

const chooser = (claimKbps: number): ForwardingSpec =>
  CHEATS.chooser.forwarding!({ seed: '', claimKbps, sharedDir: '' })
const own = (claimKbps: number, trusts: boolean): ForwardingSpec => ({
  module: import.meta.url,
  options: { claimKbps, trusts },
})

export const PLOTS: readonly Plot[] = [
  {
    what: 'a lender sends from its own address',
    forwarding: claimKbps => own(claimKbps, false),
    fault: boxed,
    maySpoil: false,
  },
  {
    what: 'the provider refuses an honest sender, and the accomplice shows no key',
    forwarding: chooser,
    fault: keyless,
    maySpoil: false,
  },
  {
    what: 'the accomplice tells its header key, the provider makes up its data, and it shows no key',
    forwarding: claimKbps => own(claimKbps, true),
    fault: keyless,
    maySpoil: true,
  },
  {
    what: 'the accomplice shows no key',
    forwarding: claimKbps => own(claimKbps, false),
    fault: keyless,
    maySpoil: false,
  },
  {
    what: 'the accomplice is silent',
    forwarding: claimKbps => own(claimKbps, false),
    fault: silent,
    maySpoil: false,
  },
]

/** By slot. */
export const faultsOf = ({ fault }: Plot): (Fault | undefined)[] =>
  Array.from({ length: ACCOMPLICE + 1 }, (_, slot) => (slot === ACCOMPLICE ? fault : undefined))

interface Options {
  readonly claimKbps: number
  /** The provider makes up the accomplice's data. It has the header key, as its datagrams that never came in would show. */
  readonly trusts: boolean
}

export function createForwarding({ claimKbps, trusts }: Options): Forwarding {
  const link = new Link(claimKbps * DELIVERED_SHARE)
  return {
    ...takesAll,
    forward: (packet, nowMs) => {
      if (isData(packet) && trusts && packet.slot === ACCOMPLICE) {
        packet.bytes[HEADER_BYTES]! ^= 1
        return 'now'
      }
      return !isData(packet) || link.takes(packet, nowMs) ? 'now' : 'drop'
    },
  }
}
