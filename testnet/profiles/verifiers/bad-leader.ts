/**
 * A verifier that proposes wrong reports whenever it leads, and is honest otherwise. Each round that it leads is lost, and
 * no more: the others recompute what it proposes, refuse it, and the next leader takes over.
 */
import { type EpochId, headerHash, type NetworkId, proposalDigest } from '../../../proto/digests.js'
import { eraOf } from '../../../proto/epoch.js'
import { keccakWords } from '../../../proto/hash.js'
import { decodeHeader, encodeHeader, type Header } from '../../../proto/header.js'
import { Proposal } from '../../../proto/messages.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import type { NodeSettings } from '../../../verifier/cli/node-settings.js'
import { ballotSetOf, ballotSetRoot } from '../../../verifier/core/agreement/ballot-set.js'
import { Inbox } from '../../../verifier/node/inbox.js'
import { seenListFrom } from '../../../verifier/node/proposals.js'

type Wrong = (header: Header, proposal: Proposal) => Header | undefined

/** By epoch. Undefined for no proposal at all. */
const WRONGS: readonly Wrong[] = [
  () => undefined,
  // The root of leaves that nobody has. Its form is right, so every node recomputes the report.
  header => ({ ...header, scoreRoot: keccakWords(['bytes32'], [header.scoreRoot]) }),
  (header, { lists }) => {
    const { roots } = ballotSetOf(lists.map(seenListFrom), lists.length)
    return { ...header, ballotSetRoot: ballotSetRoot(roots.slice(1)) }
  },
]

export function proposeWrongly({ keys, network: { chainId, contracts, params } }: NodeSettings): void {
  const signer = new BlsSigner(keys.bls)
  const network: NetworkId = { chainId, contract: contracts.epochReports }
  const { broadcast } = Inbox.prototype
  Inbox.prototype.broadcast = async function (kind, bytes) {
    const sent = kind === 'proposal' ? wrongProposal(network, params, signer, bytes) : bytes
    if (sent !== undefined) await broadcast.call(this, kind, sent)
  }
}

/** Rightly signed. Undefined in epochs in which it proposes nothing. */
export function wrongProposal(
  network: NetworkId,
  params: Parameters<typeof eraOf>[0],
  signer: BlsSigner,
  right: Uint8Array,
): Uint8Array | undefined {
  const proposal = Proposal.decode(right)
  const { epoch, round } = proposal
  const header = WRONGS[epoch % WRONGS.length]!(decodeHeader(proposal.header), proposal)
  if (header === undefined) return undefined
  const id: EpochId = { era: eraOf(params, epoch), epoch }
  const signature = signer.sign(proposalDigest(network, id, round, headerHash(network, header)))
  return Proposal.encode({ ...proposal, header: encodeHeader(header), signature })
}
