/**
 * A provider's node, put together: a relay with one UDP port, the session protocol in front of it, and the claim that
 * the chain holds.
 *
 *   sender ── open, grant, receipts ──▶ session protocol (libp2p) ──▶ relay ◀── claim ── chain
 *   sender ══ datagrams ══▶ relay's UDP port ══ forwarding ══▶ next hop
 *
 * Started: chain, relay, peer, handler, announcement. Stopped in the reverse order.
 */
import type { Logger } from 'pino'
import { type ForwardingSpec, Relay, systemClock, systemRandom } from '../../probe/index.js'
import { fromHex } from '../../proto/hex.js'
import { RelayOpen } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { connectChain } from '../../verifier/chain/connect.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { UserError } from '../../verifier/config/errors.js'
import type { NodeKeys } from '../../verifier/config/keys.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'
import { createPeer, listenAddresses } from '../../verifier/net/libp2p.js'
import { peerSigner } from '../../verifier/net/peer-keys.js'
import { handleStreams } from '../../verifier/net/streams.js'
import { announceSelf } from '../../verifier/node/announcing.js'
import { Directory } from '../../verifier/node/directory.js'
import { isAbort, poll } from '../../verifier/node/waiting.js'

/** How often the claim is read again. */
const CLAIM_POLL_MS = 5000

export interface ProviderOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly rpcUrl: string
  readonly listen: readonly string[]
  readonly udpHost: string
  readonly udpPort: number
  readonly logger: Logger
  /** What becomes of sessions and datagrams; everything is forwarded by default. */
  readonly forwarding?: ForwardingSpec
}

export interface ProviderNode {
  readonly role: 'provider'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly relay: Relay
  readonly chain: EthersChain
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Resolves when sessions are taken. @throws UserError with what the operator can do */
export async function startProviderNode(options: ProviderOptions): Promise<ProviderNode> {
  const { network, keys, logger: log, udpHost: host, udpPort: port, forwarding } = options
  const stopping = new AbortController()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // whoever awaits `failed` hears of it; nobody has to
  const closers: (() => Promise<void> | void)[] = []
  const stop = async () => {
    stopping.abort()
    for (const close of closers.reverse()) await close()
    closers.length = 0
  }
  try {
    const chain = await connectChain({ rpcUrl: options.rpcUrl, network, privateKey: keys.evm })
    closers.push(() => chain.close())
    const account = chain.account!
    const registered = await chain.provider(account)
    if (registered === undefined) {
      throw new UserError(
        'configuration',
        `${account} is no registered provider of network "${network.name}": register it first.`,
      )
    }
    const relay = await Relay.open({
      host,
      port,
      claimKbps: registered.claimKbps,
      forwarding,
      signer: await peerSigner(fromHex(keys.peer)),
      voucherSigner: voucherSigner(chain.network, keys.evm),
      clock: systemClock,
      random: systemRandom,
    })
    closers.push(() => relay.close())
    const peer = await createPeer({ seed: keys.peer, listen: options.listen, log })
    closers.push(() => peer.stop())
    await handleStreams(
      peer,
      SESSION_PROTOCOL,
      RelayOpen.maxBytes,
      (stream, peerId) => relay.serve(stream, peerId),
      (error, peerId) => log.debug({ peer: peerId, error: error.message }, 'a session stream broke'),
    )
    const directory = new Directory(chain)
    await announceSelf(chain, directory, { role: 'provider', account }, peer.peerId.toString(), listenAddresses(peer))
    const followClaim = async () => {
      const now = await chain.provider(account)
      if (now !== undefined) relay.setClaim(now.claimKbps)
      return undefined
    }
    const following = poll(
      () => followClaim().catch((error: Error) => void log.warn({ error: error.message }, 'could not read the claim')),
      CLAIM_POLL_MS,
      stopping.signal,
    ).catch(error => {
      if (!isAbort(error)) failure.reject(error)
    })
    closers.push(() => following as Promise<void>)
    log.info(
      { account, claimKbps: registered.claimKbps, peerId: peer.peerId.toString(), udp: relay.facts },
      'taking sessions',
    )
    return {
      role: 'provider',
      account,
      index: registered.index,
      peerId: peer.peerId.toString(),
      relay,
      chain,
      failed: failure.promise,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
