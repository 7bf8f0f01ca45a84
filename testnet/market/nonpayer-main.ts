/**
 * A client that pays nothing: it opens a leg and a tunnel as others do, asks for a page, and takes what comes until
 * nothing does. Prints one line.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connectThrough } from '../../market/client/connection.js'
import { openLegSessions } from '../../market/client/leg-sessions.js'
import { Market, type OfferingProvider, reachExit } from '../../market/client/market-view.js'
import { TunnelSocket } from '../../market/tunnel-socket.js'
import { systemClock, systemRandom } from '../../probe/index.js'
import { type ClientLeg, ClientTunnel } from '../../probe/tunnel/index.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import { fromHex } from '../../proto/hex.js'
import { AnswerVerifiers } from '../../verifier/chain/answers.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { openLog } from '../../verifier/cli/log.js'
import { reportError } from '../../verifier/cli/report-error.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import { dialSession } from '../../verifier/node/dialling.js'

/** As long as nothing comes for so long, nothing will. */
const SILENCE_MS = 5000
/** of this process */
const TRY_MS = 90_000

export interface NonpayerReport {
  readonly event: 'nonpayer'
  /** of the page */
  readonly receivedBytes: number
  /** IP layer, in both directions */
  readonly provenBytes: number
}

const { values } = parseArgs({
  options: { network: { type: 'string' }, rpc: { type: 'string' }, host: { type: 'string' }, url: { type: 'string' } },
})

try {
  process.stdout.write(
    `${JSON.stringify(await takeForNothing(values as Record<'network' | 'rpc' | 'host' | 'url', string>))}\n`,
  )
  process.exit(0)
} catch (error) {
  process.exit(reportError(error))
}

async function takeForNothing(flags: Record<'network' | 'rpc' | 'host' | 'url', string>): Promise<NonpayerReport> {
  const network = await loadNetworkFile(flags.network)
  const chain = await connectChain({ rpcUrl: flags.rpc, network })
  const { providers, exits } = await new Market(chain, openLog('warn')).view(new Map())
  const exit = exits[0]!
  const provider = providers.find(({ account }) => account !== exit.account)!
  const at = await reachExit(exit)
  let tunnel: ClientTunnel | undefined
  const socket = await TunnelSocket.open({ host: flags.host, port: 0, clock: systemClock }, (...datagram) =>
    tunnel?.onDatagram(...datagram),
  )
  const identity = { publicKey: fromHex(exit.publicKey), certHash: fromHex(exit.certHash) }
  tunnel = await ClientTunnel.open({
    ...{ port: socket, exit: identity, mode: 'spread', clock: systemClock, random: systemRandom },
  })
  const leg = await joined(
    tunnel,
    provider,
    at,
    { host: flags.host, port: socket.port },
    new AnswerVerifiers(chain.network),
  )
  await tunnel.established
  const url = new URL(flags.url)
  const connection = await connectThrough(tunnel, { host: url.hostname, port: Number(url.port) })
  connection.on('error', () => {})
  let receivedBytes = 0
  let heardMs = performance.now()
  connection.on('data', (bytes: Buffer) => {
    receivedBytes += bytes.length
    heardMs = performance.now()
  })
  connection.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`)
  await new Promise<void>(resolve => {
    const timer = setInterval(() => {
      if (performance.now() - heardMs < SILENCE_MS) return
      clearInterval(timer)
      resolve()
    }, 100)
  })
  return { event: 'nonpayer', receivedBytes, provenBytes: leg.provenUp + leg.provenDown }
}

/** While verifiers measure the provider, there is no room for strangers. */
async function joined(
  tunnel: ClientTunnel,
  provider: OfferingProvider,
  exit: NextHop,
  own: NextHop,
  answers: AnswerVerifiers,
): Promise<ClientLeg> {
  const { account, claimKbps, peer } = provider
  for (;;) {
    try {
      const sessions = await openLegSessions({
        ...{ claimKbps, exit, own, provider: answers.of(account), random: systemRandom },
        dial: () => dialSession(new AbortController().signal, { ...peer, like: own.host }),
      })
      const leg = tunnel.addLeg(sessions.grants)
      if ((await Promise.race([leg.joined, leg.dead])) === undefined) return leg
      await sessions.close()
    } catch (error) {
      if (performance.now() > TRY_MS) throw error
    }
    await pause(1000)
  }
}
