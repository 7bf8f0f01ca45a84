/** What every part of a running verifier shares. The composition root fills in the context, once. */
import type { Logger } from 'pino'
import type { MonotonicClock, PeerSigner, RandomSource, VoucherSigner } from '../../probe/index.js'
import type { NetworkId } from '../../proto/digests.js'
import type { EpochClock } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import type { NetworkParams } from '../../proto/params.js'
import type { BlsSigner } from '../bls/signer.js'
import type { BlsVerifier } from '../bls/verifier.js'
import type { AnswerVerifiers } from '../chain/answers.js'
import type { Chain } from '../core/ports.js'
import type { Registry } from '../evidence/registry-checks.js'
import type { Gossip } from '../net/gossip.js'
import type { Peer } from '../net/libp2p.js'
import type { Offences } from '../net/offences.js'
import type { Store } from '../store/store.js'
import type { Computation } from './desk/computation.js'
import type { WallClock } from './wall-clock.js'

export interface VerifierContext {
  readonly self: { readonly index: number; readonly account: Hex }
  readonly network: NetworkId
  readonly params: NetworkParams
  readonly epochs: EpochClock
  readonly chain: Chain & Registry
  readonly store: Store
  readonly peer: Peer
  readonly gossip: Gossip
  /** hears of peers that break rules */
  readonly offences: Pick<Offences, 'report'>
  /** of assignments and reports */
  readonly computation: Computation
  readonly bls: { readonly signer: BlsSigner; readonly verifier: BlsVerifier }
  readonly peerSigner: PeerSigner
  readonly voucherSigner: VoucherSigner
  /** of the providers */
  readonly answers: AnswerVerifiers
  readonly wall: WallClock
  readonly clock: MonotonicClock
  readonly random: RandomSource
  readonly log: Logger
  /** Aborted when the node stops: every wait ends with this signal. */
  readonly stopping: AbortSignal
  /** Ends the node: after this error the node cannot go on. */
  readonly fail: (error: Error) => void
}
