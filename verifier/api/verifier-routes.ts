/**
 * What a verifier tells over HTTP: where it stands, the accepted reports, and for each the evidence from which anybody
 * can compute it again. Paths and JSON shapes are those of evidence/schema/endpoints.ts.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toHex, ZERO_HASH } from '../../proto/hex.js'
import { OpeningFault } from '../../proto/messages.js'
import type { NetworkFile } from '../config/network-file.js'
import { addressArgument, epochArgument, sessionArgument } from '../evidence/schema/arguments.js'
import { ENDPOINTS, type ErrorJson } from '../evidence/schema/endpoints.js'
import type { EvidenceJson } from '../evidence/schema/evidence.js'
import type { ProviderJson, SettlementJson } from '../evidence/schema/providers.js'
import { leafJson, type ReportJson } from '../evidence/schema/report.js'
import type { RewardsJson } from '../evidence/schema/rewards.js'
import type { StatusJson } from '../evidence/schema/status.js'
import type { OpeningFaultsJson, TranscriptJson } from '../evidence/schema/transcript.js'
import type { VerifierNode } from '../node/verifier-node.js'
import { acceptedReport, evidenceOf } from './accepted-report.js'
import { requestArgument } from './request-argument.js'

const noReport = (epoch: string): ErrorJson => ({
  error: `This verifier holds no report of epoch ${epoch}. Ask for another epoch, or ask another verifier.`,
})

/** How long the status waits for the newest report. Then it names the last one that it knows of. */
const TIP_MS = 2000

export function verifierRoutes(app: FastifyInstance, node: VerifierNode): void {
  let tip: StatusJson['tip'] = { epoch: 0, headerHash: ZERO_HASH, blockMs: 0 }
  async function lookAtTip(): Promise<StatusJson['tip']> {
    if (node.chain.health.silence !== undefined) return tip
    const look = node.chain.tip().then(one => {
      tip = one
    })
    look.catch(() => undefined) // it may fail after this wait
    await Promise.race([look, pause(TIP_MS, undefined, { ref: false })])
    return tip
  }
  /** For answers that need the chain: they would wait for it, and each that is asked for meanwhile would do so, too. */
  const asksChain = {
    preHandler: async (_: FastifyRequest, reply: FastifyReply) => {
      const { silence } = node.chain.health
      if (silence === undefined) return
      const error: ErrorJson = { error: `This needs the chain: ${silence}. Try again later, or ask another verifier.` }
      return reply.code(503).send(error)
    },
  }

  app.get(ENDPOINTS.status.path, async (): Promise<StatusJson> => {
    const fault = node.chain.health.sentence ?? null
    const sentence = node.epochs?.reports.alarm ?? node.epochs?.sentence ?? 'waiting for the network to start'
    return {
      role: node.role,
      account: node.account,
      index: node.index,
      peerId: node.peerId,
      pid: process.pid,
      epoch: node.epochNow(),
      state: node.epochs?.phase ?? 'waiting',
      sentence: fault === null ? sentence : `${sentence}; ${fault}`,
      missed: node.epochs?.missed ?? null,
      faults: node.epochs?.faults ?? [],
      blockAgeMs: node.epochs?.ownFaults.blockAgeMs ?? null,
      tip: await lookAtTip(),
      chain: { fault, pending: node.chain.pending },
      peers: node.connections(),
      offenders: node.offenders(),
      udp: node.udp,
      openings: node.epochs?.serving.openings ?? null,
    }
  })

  app.get(ENDPOINTS.network.path, async (): Promise<NetworkFile> => node.network)

  app.get<{ Params: { session: string } }>(
    ENDPOINTS.transcript.path,
    async (request, reply): Promise<TranscriptJson | ErrorJson> => {
      const sessionId = requestArgument(sessionArgument, request.params.session)
      const transcript = await node.epochs?.peers.transcript(sessionId)
      if (transcript !== undefined) return { sessionId, transcript: toHex(transcript) }
      reply.code(404)
      return {
        error: `No verifier that answers holds the transcript of ${sessionId}. Its receiver keeps it for the evidence period only.`,
      }
    },
  )

  app.get(
    ENDPOINTS.openingFaults.path,
    async (): Promise<OpeningFaultsJson> =>
      (await node.store.openingFaults()).map(fault => ({
        sessionId: toHex(fault.sessionId),
        epoch: fault.epoch,
        receiver: fault.receiver,
        reason: fault.reason,
        evidence: toHex(OpeningFault.encode(fault)),
      })),
  )

  app.get<{ Params: { epoch: string } }>(
    ENDPOINTS.report.path,
    asksChain,
    async (request, reply): Promise<ReportJson | ErrorJson> => {
      const epoch = requestArgument(epochArgument, request.params.epoch)
      const report = await acceptedReport(node, epoch)
      if (report === undefined) {
        reply.code(404)
        return noReport(epoch)
      }
      const { header, headerHash, posted, leaves } = report
      return {
        header,
        headerHash,
        round: posted.round,
        nonSigners: posted.nonSigners,
        txHash: posted.txHash,
        blockNumber: posted.blockNumber,
        gasUsed: posted.gasUsed,
        leaves: leaves.map(leafJson),
      }
    },
  )

  app.get(ENDPOINTS.providers.path, asksChain, async (): Promise<ProviderJson[]> => {
    const report = await acceptedReport(node, 'latest')
    const facts = await node.store.latestFacts()
    const announced = await node.chain.announcements()
    const active = facts?.providers.filter(provider => provider.active) ?? []
    return active.map(provider => {
      const address = announced.find(({ role, account }) => role === 'provider' && account === provider.account)
      const leaf = report?.leaves.find(({ provider: account }) => account === provider.account)
      return {
        provider: provider.account,
        index: provider.index,
        region: provider.region,
        claimKbps: provider.claimKbps,
        stake: provider.stake.toString(),
        peerId: address?.peerId ?? null,
        multiaddrs: address?.multiaddrs ?? [],
        leaf: leaf === undefined ? null : leafJson(leaf),
      }
    })
  })

  app.get<{ Params: { epoch: string } }>(
    ENDPOINTS.evidence.path,
    asksChain,
    async (request, reply): Promise<EvidenceJson | ErrorJson> => {
      const epoch = requestArgument(epochArgument, request.params.epoch)
      const report = await acceptedReport(node, epoch)
      const evidence = report && (await evidenceOf(node, report))
      if (evidence !== undefined) return evidence
      reply.code(404)
      if (report === undefined) return noReport(epoch)
      return { error: `This verifier did not keep the evidence of epoch ${report.header.epoch}. Ask another verifier.` }
    },
  )

  app.get<{ Params: { epoch: string } }>(
    ENDPOINTS.rewards.path,
    asksChain,
    async (request, reply): Promise<RewardsJson | ErrorJson> => {
      const epoch = requestArgument(epochArgument, request.params.epoch)
      const report = await acceptedReport(node, epoch)
      if (report === undefined) {
        reply.code(404)
        return noReport(epoch)
      }
      const { header, headerHash, rewards } = report
      return { header, headerHash, rewards: rewards.map(one => ({ ...one, cumulative: one.cumulative.toString() })) }
    },
  )

  app.get<{ Params: { provider: string } }>(
    ENDPOINTS.settlements.path,
    asksChain,
    async (request): Promise<SettlementJson[]> => {
      const settlements = await node.chain.settlements(requestArgument(addressArgument, request.params.provider))
      return settlements.map(one => ({ ...one, charged: one.charged.toString() }))
    },
  )
}
