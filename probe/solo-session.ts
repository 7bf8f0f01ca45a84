/**
 * A session that no chain assigned. The roles run the code that verifiers and providers run. Instead of an assignment,
 * the parties agree on the terms beforehand: every sender takes every invitation, and the session's ids are made up.
 */
import { toHex } from '../proto/hex.js'
import { DEVNET } from '../proto/params.js'
import { measureSession, type SessionDeps, type SessionRequest } from './receiver/session.js'
import type { Authorization, SenderDeps } from './sender/sender.js'
import { systemClock, systemRandom } from './system.js'
import type { SessionResult } from './verdict/outcome.js'
import { SeenSessions } from './wire/seen-sessions.js'

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

/** The facts that a sender would otherwise learn from an assignment. */
export type SoloTerms = Omit<Authorization & { readonly ok: true }, 'ok'>

/** Its own keys, and how it reaches the provider. */
export type SoloSender = Optional<Omit<SenderDeps, 'authorize'>, 'served' | 'clock' | 'random' | 'opened'>

export type SoloRequest = Optional<SessionRequest, 'parties' | 'sessionId' | 'nonce' | 'breachBps' | 'yieldMs'>
export type SoloReceiver = Optional<SessionDeps, 'clock' | 'random'>

const ID_BYTES = 32

/** For `serveProbe`: the sender's side of sessions under these terms. */
export const soloSender = (terms: SoloTerms, sender: SoloSender): SenderDeps => ({
  authorize: async () => ({ ok: true, ...terms }),
  served: new SeenSessions(),
  clock: systemClock,
  random: systemRandom,
  opened: () => {},
  ...sender,
})

/** The receiver's side: as `measureSession`, with ids of its own. */
export function measureSolo(request: SoloRequest, receiver: SoloReceiver): Promise<SessionResult> {
  const deps = { clock: systemClock, random: systemRandom, ...receiver }
  const id = () => toHex(deps.random.bytes(ID_BYTES))
  const provider = request.providerAnswers.account
  return measureSession(
    {
      parties: { epoch: 0, provider, receiver: 0, senders: request.senders.map((_, slot) => slot + 1) },
      sessionId: id(),
      nonce: id(),
      breachBps: DEVNET.breachBps,
      yieldMs: DEVNET.yieldMs,
      ...request,
    },
    deps,
  )
}
