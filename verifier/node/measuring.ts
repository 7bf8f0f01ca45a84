/**
 * One verifier measures in one epoch: its sessions as a receiver, at their secret instants, and its heartbeats. The result
 * is a vote for every provider to which the verifier was assigned.
 */
import { setMaxListeners } from 'node:events'
import { measureSession, type SessionResult } from '../../probe/index.js'
import { providerSchedule } from '../../proto/digests.js'
import { epochEndMs } from '../../proto/epoch.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { ProbeFrame } from '../../proto/messages.js'
import { PROBE_PROTOCOL } from '../../proto/protocols.js'
import type { Vote } from '../../proto/vote.js'
import { voucherVerifier } from '../chain/vouchers.js'
import { assignedSessionId } from '../core/assignment/admission.js'
import type { Session } from '../core/assignment/assign.js'
import { flowMs, isSoak, soakSeed } from '../core/assignment/schedule.js'
import { sessionTimes } from '../core/assignment/slots.js'
import { claimOf } from '../core/facts.js'
import type { Combined } from '../core/scoring/two-tries.js'
import { makeVote } from '../core/scoring/vote.js'
import { literalHosts } from '../net/literal-addresses.js'
import { peerVerifier } from '../net/peer-keys.js'
import type { VerifierContext } from './context.js'
import { dialStream } from './dialling.js'
import type { EpochRecord } from './epoch-facts.js'
import { Heartbeats } from './heartbeats.js'
import type { MeasuringModules } from './measuring-modules.js'
import { keepTranscripts, type Unvoted, unvotedTranscript } from './transcripts.js'
import { runTries } from './tries.js'
import { isAbort, until } from './waiting.js'

/** How a verifier comes to the votes of an epoch. */
export type Measure = typeof measureEpoch

/** Measures until the epoch ends, and no longer. @param scheduleSignature BLS signature over the schedule digest */
export async function measureEpoch(
  modules: MeasuringModules,
  record: EpochRecord,
  scheduleSignature: Uint8Array,
): Promise<Vote[]> {
  const { context } = modules
  const { epoch } = record.facts
  const mine = record.assignment.measuredBy(context.self.index)
  const ended = AbortSignal.any([context.stopping, endOf(context, epoch)])
  setMaxListeners(0, ended) // every wait of the epoch listens
  const proofs = mine.map(provider => providerSchedule(scheduleSignature, provider))
  const heartbeats = mine.map((provider, i) => new Heartbeats(modules, record.facts, provider, proofs[i]!))
  const beating = heartbeats.map(beats => beats.run(ended))
  const results = new Map<Hex, Combined<Measured>>()
  void runTries<Measured>({
    ...{ assignment: record.assignment, self: context.self.index },
    run: session =>
      runSession(modules, record, session, scheduleSignature).catch(error => {
        if (!isAbort(error) && !context.stopping.aborted) {
          context.log.error({ epoch, provider: session.provider, err: error }, 'a session failed')
          modules.sessions.ended.failed++
        }
        return undefined
      }),
    tell: (provider, combined) => results.set(provider, combined),
  })
  // A session that still runs is too late for the ballot, and ends by its own timeout.
  await until(epochEndMs(context.epochs, epoch), context.wall, context.stopping)
  await Promise.all(beating)
  const votes = mine.map((provider, i) =>
    makeVote({
      epoch,
      provider,
      receiver: context.self.index,
      ...(results.get(provider) ?? NO_SESSION),
      ticksSent: heartbeats[i]!.sent,
      ticksAnswered: heartbeats[i]!.answered,
      scheduleProof: proofs[i]!,
      soak: isOwnSoak(context, record, provider, proofs[i]!),
    }),
  )
  keepTranscripts(
    context,
    [...results.values()].flatMap(({ result }) => result?.transcript ?? []),
    votes,
  ).catch(error => context.stopping.aborted || context.fail(error))
  return votes
}

interface Measured extends Pick<SessionResult, 'outcome' | 'evidence'> {
  readonly transcript: Unvoted
}

const NO_SESSION: Combined<Measured> = { result: undefined, other: undefined, second: false }

function endOf(context: VerifierContext, epoch: number): AbortSignal {
  return AbortSignal.timeout(Math.max(0, epochEndMs(context.epochs, epoch) - context.wall.nowMs()))
}

function isOwnSoak(
  { self, params }: Pick<VerifierContext, 'self' | 'params'>,
  { facts, assignment }: EpochRecord,
  provider: Hex,
  scheduleProof: Hex,
): boolean {
  const own = { receiver: self.index, scheduleProof }
  return isSoak(soakSeed(own, facts.beacon, assignment.groupsOf(provider)), provider, params)
}

async function runSession(
  { context, directory, receiver, udp, sessions }: MeasuringModules,
  epochRecord: EpochRecord,
  session: Session,
  scheduleSignature: Uint8Array,
): Promise<Measured | undefined> {
  const { facts, assignment } = epochRecord
  const { params, network, random } = context
  const { epoch } = facts
  const { callMs, dataMs, lastCallMs } = sessionTimes(context.epochs, epoch, session, params, scheduleSignature)
  if (context.wall.nowMs() > lastCallMs) return undefined // this node came up after the slot
  await until(callMs, context.wall, context.stopping)
  const providerHosts = await literalHosts(directory.provider(session.provider)?.multiaddrs ?? [])
  const advertisedHost = await udp.hostFor(providerHosts)
  const nonce = toHex(random.bytes(32))
  const parties = { epoch, provider: session.provider, receiver: session.receiver, senders: session.senders }
  const sessionId = assignedSessionId(network, facts, session, nonce)
  const log = context.log.child({ epoch, provider: session.provider, sessionId })
  const result = await measureSession(
    {
      parties,
      sessionId,
      nonce,
      claimKbps: session.claimKbps,
      providerClaimKbps: claimOf(facts, session.provider),
      breachBps: params.breachBps,
      yieldMs: params.yieldMs,
      ...(isOwnSoak(context, epochRecord, session.provider, providerSchedule(scheduleSignature, session.provider))
        ? { soakMs: params.soakMs }
        : { flowMs: flowMs(params) }),
      startMs: dataMs === undefined ? undefined : context.clock.now() + dataMs - context.wall.nowMs(),
      senders: session.senders.map(index => {
        const sender = directory.verifier(index)
        return {
          open: async () => {
            if (sender === undefined) throw new Error(`verifier ${index} has announced no address`)
            return dialStream(context, sender, PROBE_PROTOCOL, ProbeFrame.maxBytes)
          },
          verifier: sender === undefined ? async () => false : peerVerifier(sender.peerId),
        }
      }),
      providerVouchers: voucherVerifier(network, session.provider),
      providerAnswers: context.answers.of(session.provider),
      ...{ advertisedHost, advertisedPort: udp.port, providerHosts },
    },
    {
      receiver,
      clock: context.clock,
      random,
      signer: context.peerSigner,
      voucherSigner: context.voucherSigner,
      log: note => log.info(note),
    },
  )
  const { outcome, evidence } = result
  sessions.count(outcome)
  log.info(
    { round: session.round, senders: session.senders, rounds: assignment.rounds, outcome, evidence },
    'session ended',
  )
  return { outcome, evidence, transcript: unvotedTranscript(context, directory, epochRecord, session, result.record) }
}
