/** The ports of a node that does not run: whether they can be had, and whether others reach them. Closes them again. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { UdpPortError } from '../../../probe/io/errors.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { UserError } from '../../config/errors.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { ListenError } from '../../net/listen-error.js'
import { Lifecycle } from '../../node/lifecycle.js'
import { checkReachable } from '../../node/own-address.js'
import { announcedVerifiers, testOwnReach } from '../../node/own-reach.js'
import { type ReachLine, reachLines } from '../../node/reach-lines.js'
import { bad, good, warning } from '../finding.js'
import type { NodeSettings } from '../node-settings.js'

const IF_IT_RUNS = 'If your node holds it, name the API of the node with --api.'

/** @param claimKbps of the sessions of the test */
export async function portFindings(
  role: 'verifier' | 'provider',
  settings: NodeSettings,
  chain: EthersChain,
  claimKbps: number,
): Promise<Finding[]> {
  const api = settings.apiPort === 0 ? [] : [await apiFinding(settings)]
  return [...api, ...(await reachFindings(role, settings, chain, claimKbps))]
}

async function apiFinding({ apiHost: host, apiPort: port }: NodeSettings): Promise<Finding> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return good('api port', `${host}:${port} is free`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return bad('api port', `the API cannot listen on ${host}:${port} (${code})`, 'Choose another address with --api.')
  } finally {
    server.close()
  }
}

async function reachFindings(
  role: 'verifier' | 'provider',
  settings: NodeSettings,
  chain: EthersChain,
  claimKbps: number,
): Promise<Finding[]> {
  const account = chain.account!
  const life = new Lifecycle()
  try {
    if (role === 'verifier') checkReachable(settings.udpHost, settings.udpAnnounce)
    const verifiers = await announcedVerifiers(settings, chain)
    const report = await testOwnReach(settings, { life, network: chain.network, account, claimKbps, verifiers })
    if (report !== undefined) return reachLines(report).map(stepFinding)
    return [
      warning(
        'ports',
        'they are free, and no verifier tested whether others reach them',
        'Verifiers test each host once a minute: wait, then try again.',
      ),
    ]
  } catch (error) {
    const finding = portFault(error)
    if (finding === undefined) throw error
    return [finding]
  } finally {
    await life.stop()
  }
}

function portFault(error: unknown): Finding | undefined {
  if (error instanceof UdpPortError) return bad('udp port', error.message.replace(/\.$/, ''), IF_IT_RUNS)
  if (error instanceof ListenError) return bad('tcp port', error.message.replace(/\.$/, ''), IF_IT_RUNS)
  return error instanceof UserError ? bad('udp port', ...sentences(error.message)) : undefined
}

function stepFinding({ step, passed, text }: ReachLine): Finding {
  const subject = step === 'tcp' ? 'tcp port' : 'udp port'
  if (passed === undefined) return warning(subject, text, 'Mend the port above first.')
  return passed ? good(subject, text) : bad(subject, ...sentences(text))
}

/** What is wrong, and what to do. */
function sentences(text: string): [string, string] {
  const [, found, advice] = /^(.*?[^.])\. ([A-Z].*)$/.exec(text) ?? [text, text, '']
  return [found!, advice!]
}
