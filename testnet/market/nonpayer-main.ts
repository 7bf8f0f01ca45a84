/**
 * A client that pays nothing: it opens a leg and a tunnel as others do, asks for a page, and takes what comes until
 * nothing does. Prints one line.
 */
import { parseArgs } from 'node:util'
import { connectThrough } from '../../market/client/connection.js'
import { openLegSessions } from '../../market/client/leg-sessions.js'
import { Market, reachExit } from '../../market/client/market-view.js'
import { TunnelSocket } from '../../market/tunnel-socket.js'
import { systemClock, systemRandom } from '../../probe/index.js'
import { ClientTunnel } from '../../probe/tunnel/index.js'
import { fromHex, type Hex } from '../../proto/hex.js'
import { AnswerVerifiers } from '../../verifier/chain/answers.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { openLog } from '../../verifier/cli/log.js'
import { reportError } from '../../verifier/cli/report-error.js'
import { loadNetworkFile } from '../../verifier/config/network-file.js'
import { dialSession } from '../../verifier/node/dialling.js'

/** As long as nothing comes for so long, nothing will. */
const SILENCE_MS = 5000

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
  const at = (await reachExit(exit))!
  let tunnel: ClientTunnel | undefined
  const socket = await TunnelSocket.open({ host: flags.host, port: 0, clock: systemClock }, (...datagram) =>
    tunnel?.onDatagram(...datagram),
  )
  const identity = { publicKey: fromHex(exit.publicKey), certHash: fromHex(exit.certHash) }
  tunnel = await ClientTunnel.open({
    ...{ port: socket, exit: identity, mode: 'spread', clock: systemClock, random: systemRandom },
  })
  const never = new AbortController().signal
  const sessions = await openLegSessions({
    provider: new AnswerVerifiers(chain.network).of(provider.account as Hex),
    claimKbps: provider.claimKbps,
    dial: () => dialSession(never, { ...provider.peer, like: flags.host }),
    exit: at,
    own: { host: flags.host, port: socket.port },
    random: systemRandom,
  })
  const leg = tunnel.addLeg(sessions.grants)
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
