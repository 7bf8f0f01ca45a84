/**
 * Providers that deliver 60 % of their claim and have one accomplice among the three senders of a session: what the session
 * yields. Real sessions.
 */
import type { ForwardingSpec } from '../../../probe/index.js'
import { DELIVERED_SHARE } from '../../profiles/cheats/link.js'
import { CHEATS } from '../../profiles/profiles.js'
import { boxed, type Fault, keyless, silent } from './faults.js'
import type { MakingUpOptions } from './making-up.js'

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
const slow =
  (madeUp: readonly number[]) =>
  (claimKbps: number): ForwardingSpec => ({
    module: new URL('./making-up.js', import.meta.url).href,
    options: { linkKbps: DELIVERED_SHARE * claimKbps, madeUp } satisfies MakingUpOptions,
  })

export const PLOTS: readonly Plot[] = [
  {
    what: 'a lender sends from its own address',
    forwarding: slow([]),
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
    forwarding: slow([ACCOMPLICE]),
    fault: keyless,
    maySpoil: true,
  },
  {
    what: 'the accomplice shows no key',
    forwarding: slow([]),
    fault: keyless,
    maySpoil: false,
  },
  {
    what: 'the accomplice is silent',
    forwarding: slow([]),
    fault: silent,
    maySpoil: false,
  },
]

/** By slot. */
export const faultsOf = ({ fault }: Plot): (Fault | undefined)[] =>
  Array.from({ length: ACCOMPLICE + 1 }, (_, slot) => (slot === ACCOMPLICE ? fault : undefined))
