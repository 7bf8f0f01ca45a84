/**
 * A verifier that equivocates: beside each commit and each ballot it signs another one, which its signing record never sees.
 */
import { type EpochId, type NetworkId, statementDigest } from '../../../proto/digests.js'
import { eraOf } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { Ballot, Commit } from '../../../proto/messages.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import type { NodeSettings } from '../../../verifier/cli/node-settings.js'
import { Gossip } from '../../../verifier/net/gossip.js'

/** Publishes a contradiction after each commit and each ballot. */
export function equivocate({ keys, network: { chainId, contracts, params } }: NodeSettings): void {
  const signer = new BlsSigner(keys.bls)
  const network: NetworkId = { chainId, contract: contracts.epochReports }
  const sign = (kind: 'commit' | 'ballot', epoch: number, verifier: number, text: string) => {
    const id: EpochId = { era: eraOf(params, epoch), epoch }
    const value = keccakText(text)
    return { value: fromHex(value), signature: signer.sign(statementDigest(kind, network, id, verifier, value)) }
  }
  const publish = Gossip.prototype.publish
  Gossip.prototype.publish = async function (kind, bytes) {
    const recipients = await publish.call(this, kind, bytes)
    if (kind === 'commit') {
      const { epoch, verifier } = Commit.decode(bytes)
      const { value, signature } = sign(kind, epoch, verifier, `another commitment of epoch ${epoch}`)
      await publish.call(this, kind, Commit.encode({ epoch, verifier, commitment: value, signature }))
    } else if (kind === 'ballot') {
      const ballot = Ballot.decode(bytes)
      const { value, signature } = sign(kind, ballot.epoch, ballot.verifier, `another ballot of epoch ${ballot.epoch}`)
      await publish.call(this, kind, Ballot.encode({ ...ballot, root: value, signature, votes: [] }))
    }
    return recipients
  }
}
