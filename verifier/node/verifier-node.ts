/**
 * A verifier, put together. What each part does stands in its own file; here is how they hang together.
 *
 *                      chain ◀────────── transmission: post, settle, freeze ◀────────────┐
 *                        │ facts at B(e), tip                                           │ certificate
 *                        ▼                                                              │
 *   serving ◀─ epoch facts, assignment ─▶ measuring ── votes ─▶ agreement runner ◀── inbox ◀── gossip
 *   (sender)                              (receiver, heartbeats)   │  ▲
 *                                                                  ▼  │ leaves
 *                                          store ◀── accepted reports of the chain ◀─▶ sync
 *
 * Started in this order: chain, store, peer, UDP port, handlers, announcement, epochs. Stopped in the reverse, so that
 * nothing is asked of a part that is gone. Epochs overlap: while one is agreed on, the next is measured.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Logger } from 'pino'
import type { PortFacts } from '../../probe/io/datagram-port.js'
import { Receiver } from '../../probe/receiver/receiver.js'
import { type EpochClock, epochAt } from '../../proto/epoch.js'
import { fromHex } from '../../proto/hex.js'
import { ProbeFrame } from '../../proto/messages.js'
import { PROBE_PROTOCOL } from '../../proto/protocols.js'
import { BlsSigner } from '../bls/signer.js'
import { BlsVerifier } from '../bls/verifier.js'
import { connectChain } from '../chain/connect.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { voucherSigner } from '../chain/vouchers.js'
import { UserError } from '../config/errors.js'
import type { NodeKeys } from '../config/keys.js'
import type { NetworkFile } from '../config/network-file.js'
import { DialBook } from '../net/dial-book.js'
import { Gossip } from '../net/gossip.js'
import { createPeer, listenAddresses, type Peer } from '../net/libp2p.js'
import { peerSigner } from '../net/peer-keys.js'
import { handleStreams } from '../net/streams.js'
import { serveSync } from '../net/sync.js'
import { Store } from '../store/store.js'
import { syncSource } from './accepted-reports.js'
import { announceSelf } from './announcing.js'
import type { VerifierContext } from './context.js'
import { Directory } from './directory.js'
import { Epochs } from './epochs.js'
import { isAbort, poll } from './waiting.js'

/** How often the chain is asked whether the network has started. */
const GENESIS_POLL_MS = 250

export interface VerifierOptions {
  readonly dataDir: string
  readonly keys: NodeKeys
  readonly network: NetworkFile
  readonly rpcUrl: string
  readonly listen: readonly string[]
  readonly udpHost: string
  readonly udpPort: number
  readonly logger: Logger
}

export interface VerifierNode {
  readonly role: 'verifier'
  readonly account: `0x${string}`
  readonly index: number
  readonly peerId: string
  readonly network: NetworkFile
  readonly store: Store
  readonly chain: EthersChain
  readonly udp: PortFacts
  /** Undefined before the network's start. */
  readonly epochs: Epochs | undefined
  readonly connections: () => number
  readonly epochNow: () => number
  /** Rejects when the node cannot go on; never resolves. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/**
 * Resolves when the node is up and waits for genesis or takes part.
 * @throws UserError with what the operator can do
 */
export async function startVerifierNode(options: VerifierOptions): Promise<VerifierNode> {
  const { network, keys, logger: log, udpHost } = options
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
    const index = await chain.verifierIndex(account)
    if (index === undefined) {
      throw new UserError(
        'configuration',
        `${account} is no registered verifier of network "${network.name}": register it first.`,
      )
    }
    const store = await Store.open(join(options.dataDir, 'db'), { mode: 'existing' })
    closers.push(() => store.close())
    const peer: Peer = await createPeer({ seed: keys.peer, listen: options.listen, log })
    closers.push(() => peer.stop())
    const clock = { now: () => performance.now() }
    const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
    const receiver = await Receiver.open({ host: udpHost, port: options.udpPort, clock })
    closers.push(() => receiver.close())
    log.info({ udp: receiver.facts }, 'receiving')
    const directory = new Directory(chain)
    const dialBook = new DialBook(peer, log)
    closers.push(() => dialBook.stop())
    await serveSync(peer, syncSource({ store }), log)
    await announceSelf(chain, directory, { role: 'verifier', account }, peer.peerId.toString(), listenAddresses(peer))

    const wall = { nowMs: () => Date.now() }
    let epochs: Epochs | undefined
    let epochClock: EpochClock | undefined
    const run = async () => {
      epochClock = await poll(() => chain.clock(), GENESIS_POLL_MS, stopping.signal)
      const context: VerifierContext = {
        self: { index, account },
        network: chain.network,
        params: network.params,
        epochs: epochClock,
        chain,
        store,
        peer,
        gossip: new Gossip(peer, chain.network, log),
        bls: { signer: new BlsSigner(keys.bls), verifier: new BlsVerifier() },
        voucherSigner: voucherSigner(chain.network, keys.evm),
        peerSigner: await peerSigner(fromHex(keys.peer)),
        wall,
        clock,
        random,
        log,
        stopping: stopping.signal,
        fail: failure.reject,
      }
      epochs = new Epochs(context, { directory, dialBook, receiver, udpHost })
      const { serving } = epochs
      await handleStreams(
        peer,
        PROBE_PROTOCOL,
        ProbeFrame.maxBytes,
        (stream, peerId) => serving.serve(stream, peerId),
        (error, peerId) => log.debug({ peer: peerId, error: error.message }, 'a probe stream broke'),
      )
      await epochs.run()
    }
    const running = run().catch(error => {
      if (!isAbort(error)) failure.reject(error)
    })
    closers.push(() => running)
    return {
      role: 'verifier',
      account,
      index,
      peerId: peer.peerId.toString(),
      network,
      store,
      chain,
      udp: receiver.facts,
      get epochs() {
        return epochs
      },
      connections: () => peer.getConnections().length,
      epochNow: () => (epochClock === undefined ? 0 : epochAt(epochClock, wall.nowMs())),
      failed: failure.promise,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
