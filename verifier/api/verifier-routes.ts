/**
 * What a verifier tells over HTTP: where it stands, the accepted reports, and for each the evidence from which anybody
 * can compute it again.
 */
import type { FastifyInstance } from 'fastify'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { encodeLeaf } from '../../proto/leaf.js'
import { OpeningFault } from '../../proto/messages.js'
import { encodeCarryOver } from '../core/scoring/carry-over.js'
import { leafJson } from '../evidence/leaf-json.js'
import type { VerifierNode } from '../node/verifier-node.js'

const EPOCH = { type: 'object', properties: { epoch: { type: 'string', pattern: '^([1-9][0-9]{0,9}|latest)$' } } }

const SESSION = { type: 'object', properties: { session: { type: 'string', pattern: '^0x[0-9a-f]{64}$' } } }

export function verifierRoutes(app: FastifyInstance, node: VerifierNode): void {
  app.get('/v1/status', async () => ({
    role: node.role,
    account: node.account,
    index: node.index,
    peerId: node.peerId,
    pid: process.pid,
    epoch: node.epochNow(),
    state: node.epochs?.phase ?? 'waiting',
    sentence: node.epochs?.reports.alarm ?? node.epochs?.sentence ?? 'waiting for the network to start',
    missed: node.epochs?.missed ?? null,
    tip: await node.chain.tip(),
    peers: node.connections(),
    udp: node.udp,
    openings: node.epochs?.serving.openings ?? null,
  }))

  app.get('/v1/network', async () => node.network)

  app.get<{ Params: { session: string } }>(
    '/v1/transcripts/:session',
    { schema: { params: SESSION } },
    async (request, reply) => {
      const session = request.params.session as Hex
      const transcript = await (node.epochs?.peers.transcript(session) ?? node.store.getTranscript(session))
      if (transcript === undefined) {
        return reply.code(404).send({
          error: `no verifier that answers has the transcript of ${session}: it is kept for the evidence period, by its receiver`,
        })
      }
      return { sessionId: session, transcript: toHex(transcript) }
    },
  )

  app.get('/v1/opening-faults', async () =>
    (await node.store.openingFaults()).map(fault => ({
      sessionId: toHex(fault.sessionId),
      epoch: fault.epoch,
      receiver: fault.receiver,
      reason: fault.reason,
      evidence: toHex(OpeningFault.encode(fault)),
    })),
  )

  app.get<{ Params: { epoch: string } }>(
    '/v1/reports/:epoch',
    { schema: { params: EPOCH } },
    async (request, reply) => {
      const report = await acceptedReport(node, request.params.epoch)
      if (report === undefined)
        return reply.code(404).send({ error: `no report of epoch ${request.params.epoch} is held` })
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

  app.get('/v1/providers', async () => {
    const report = await acceptedReport(node, 'latest')
    const facts = await node.store.latestFacts()
    const announced = await node.chain.announcements()
    return (facts?.providers ?? []).map(provider => {
      const address = announced.find(({ role, account }) => role === 'provider' && account === provider.account)
      const leaf = report?.leaves.find(({ provider: account }) => account === provider.account)
      return {
        provider: provider.account,
        index: provider.index,
        region: provider.region,
        claimKbps: provider.claimKbps,
        stake: provider.stake,
        peerId: address?.peerId ?? null,
        multiaddrs: address?.multiaddrs ?? [],
        leaf: leaf === undefined ? null : leafJson(leaf),
      }
    })
  })

  app.get<{ Params: { epoch: string } }>(
    '/v1/evidence/:epoch',
    { schema: { params: EPOCH } },
    async (request, reply) => {
      const report = await acceptedReport(node, request.params.epoch)
      if (report === undefined)
        return reply.code(404).send({ error: `no report of epoch ${request.params.epoch} is held` })
      const { header, headerHash, posted, leaves, ballots } = report
      const facts = await node.store.getFacts(header.epoch, header.blockHash)
      const previous =
        header.previousHeader === ZERO_HASH ? undefined : await node.store.getReport(header.previousHeader)
      const encoded = await Promise.all(ballots.map(({ root }) => node.store.getBallot(root)))
      const complete = header.previousHeader === ZERO_HASH || previous !== undefined
      if (facts === undefined || !complete || ballots.length === 0 || encoded.includes(undefined)) {
        return reply
          .code(404)
          .send({ error: `this verifier did not keep the evidence of epoch ${header.epoch}: ask another` })
      }
      return {
        params: node.network.params,
        network: node.chain.network,
        facts,
        previous: {
          epoch: previous?.header.epoch ?? 0,
          headerHash: header.previousHeader,
          leaves: previous ? encodeCarryOver(previous).map(toHex) : [],
        },
        ballots: encoded.map(bytes => toHex(bytes!)),
        header,
        headerHash,
        leaves: leaves.map(leaf => toHex(encodeLeaf(leaf))),
        posted,
      }
    },
  )

  app.get<{ Params: { provider: string } }>('/v1/settlements/:provider', async request =>
    node.chain.settlements(request.params.provider.toLowerCase() as Hex),
  )
}

/** A report that the chain has accepted and this node holds. */
async function acceptedReport({ chain, store }: VerifierNode, which: string) {
  const tip = await chain.tip()
  const epoch = which === 'latest' ? tip.epoch : Number(which)
  if (epoch === 0 || epoch > tip.epoch) return undefined
  const posted = await chain.posted(epoch)
  const held = posted && (await store.getReport(posted.headerHash))
  return held && { ...held, posted }
}
