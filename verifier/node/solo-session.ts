/**
 * One solo session with a remote provider: this machine is the receiver and the only sender, and reads the rate that a
 * verifier would read from here. Neither a chain nor a registration is needed.
 */
import { randomBytes } from 'node:crypto'
import {
  connect,
  measureSolo,
  type Progress,
  Receiver,
  type SessionResult,
  serveProbe,
  soloKeys,
  soloSender,
  streamPair,
  systemClock,
} from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { AnswerVerifiers } from '../chain/answers.js'
import { voucherSigner, voucherVerifier } from '../chain/vouchers.js'
import { literalHosts } from '../net/literal-addresses.js'
import type { PeerAddress } from '../net/streams.js'
import { dialSession } from './dialling.js'
import { type AnnouncedUdp, OwnUdp } from './own-address.js'

export interface SoloSessionOptions {
  readonly provider: PeerAddress & { readonly account: Hex }
  readonly network: NetworkId
  readonly breachBps: number
  readonly yieldMs: number
  readonly claimKbps: number
  /** a longer session, read like a soak; undefined for an ordinary one */
  readonly soakMs?: number | undefined
  /** an address of this machine */
  readonly udpHost: string
  /** where the provider reaches this machine (default: at that address) */
  readonly udpAnnounce?: AnnouncedUdp | undefined
  /** 0 for any */
  readonly udpPort: number
  readonly progress: (progress: Progress) => void
  readonly log: (note: string) => void
}

/** There is no assignment, so no epoch and no registry index. */
const NOBODY = 0

/** @throws UdpPortError when the port cannot be opened. A provider's fault is an outcome, not an error */
export async function measureProvider(options: SoloSessionOptions): Promise<SessionResult> {
  const { provider, network, breachBps, yieldMs, claimKbps, soakMs, udpHost, progress, log } = options
  const [self, providerAnswers] = [soloKeys(), new AnswerVerifiers(network).of(provider.account)]
  const udp = new OwnUdp(udpHost, options.udpAnnounce)
  const providerHosts = await literalHosts(provider.multiaddrs)
  const advertisedHost = await udp.hostFor(providerHosts)
  const newSecret = () => toHex(randomBytes(32))
  const stopping = new AbortController()
  const receiver = await Receiver.open({ host: udpHost, port: options.udpPort, clock: systemClock })
  const sender = soloSender(
    { claimKbps, soakMs, senders: 1, receiver: self.verifier, provider: providerAnswers },
    {
      ...{ udpHost, signer: self.signer },
      openProvider: () => dialSession(stopping.signal, { ...provider, like: advertisedHost }),
    },
  )
  try {
    return await measureSolo(
      {
        parties: { epoch: NOBODY, provider: provider.account, receiver: NOBODY, senders: [NOBODY] },
        ...{ claimKbps, soakMs, breachBps, yieldMs, trusted: true },
        senders: [
          {
            verifier: self.verifier,
            open: async () => connect(streamPair(udpHost), stream => serveProbe(stream, sender)),
          },
        ],
        providerAnswers,
        providerVouchers: voucherVerifier(network, provider.account),
        ...{ advertisedHost, advertisedPort: udp.port, providerHosts },
      },
      { receiver, signer: self.signer, voucherSigner: voucherSigner(network, newSecret()), progress, log },
    )
  } finally {
    stopping.abort()
    await receiver.close()
  }
}
