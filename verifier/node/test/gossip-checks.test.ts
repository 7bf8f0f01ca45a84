/** What is wrong with a gossip message: real keys, real messages. */
import { expect } from 'chai'
import { encodeHeader } from '../../../proto/header.js'
import { ZERO_HASH } from '../../../proto/hex.js'
import { Ballot, MessageError, SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import type { GossipKind } from '../../../proto/protocols.js'
import { decodeGossip } from '../../net/gossip-messages.js'
import { gossipFault } from '../gossip-checks.js'
import {
  ballot,
  bls,
  certificate,
  commit,
  EPOCH,
  epochs,
  facts,
  header,
  leader,
  list,
  network,
  PROVIDERS,
  partial,
  proposal,
  signers,
  votedBallot,
} from './gossip-samples.js'

describe('checks of gossip messages', () => {
  /** Undefined if nothing is wrong. */
  async function faultOf(kind: GossipKind, bytes: Uint8Array): Promise<string | undefined> {
    const context = { network, epochs, params: DEVNET, bls: { signer: signers[3]!, verifier: bls } }
    try {
      return await gossipFault(context, facts, decodeGossip(kind, bytes))
    } catch (error) {
      if (error instanceof MessageError || error instanceof RangeError) return error.message
      throw error
    }
  }

  const RIGHT: [kind: GossipKind, bytes: () => Uint8Array][] = [
    ['commit', () => commit(1)],
    ['ballot', () => ballot(1)],
    ['ballot', () => Ballot.encode(votedBallot(1, PROVIDERS))],
    ['seen', () => SeenListMessage.encode(list(2))],
    ['proposal', () => proposal([list(0), list(1), list(2)])],
    ['proposal', () => proposal([list(0), list(1), list(2)], { round: 11 })],
    ['partial', () => partial(1, 1, 11, 11)],
    ['certificate', () => certificate([0, 1, 3])],
  ]
  for (const [i, [kind, bytes]] of RIGHT.entries()) {
    it(`find nothing wrong with a right ${kind} (${i + 1})`, async () => {
      expect(await faultOf(kind, bytes())).to.equal(undefined)
    })
  }

  const WRONG: [what: string, kind: GossipKind, bytes: () => Uint8Array][] = [
    ['bytes that are not a message', 'commit', () => Uint8Array.of(1, 2, 3)],
    ["a commitment with another verifier's signature", 'commit', () => commit(1, 2)],
    ["a partial signature of another's key", 'partial', () => partial(1, 2)],
    ['a partial signature for another round', 'partial', () => partial(1, 1, 1)],
    ['a list that is out of order', 'seen', () => SeenListMessage.encode(list(1, [1, 0]))],
    ['a list that names one verifier twice', 'seen', () => SeenListMessage.encode(list(1, [1, 1]))],
    [
      'a list that was changed after it was signed',
      'seen',
      () => SeenListMessage.encode({ ...list(1), entries: list(1, [0, 1]).entries }),
    ],
    ['a proposal with two lists of one verifier', 'proposal', () => proposal([list(0), list(1), list(1)])],
    ['a proposal with lists out of order', 'proposal', () => proposal([list(1), list(0), list(2)])],
    [
      'a proposal with other lists than those that its header follows from',
      'proposal',
      () => proposal([list(0, [0, 1]), list(1, [0, 1]), list(2)]),
    ],
    [
      'a proposal of a round that begins after the deadline',
      'proposal',
      () => proposal([list(0), list(1), list(2)], { round: 12 }),
    ],
    ['a partial signature for such a round', 'partial', () => partial(1, 1, 12, 12)],
    [
      'a ballot without its votes and with a schedule that nobody signed',
      'ballot',
      () => Ballot.encode({ ...Ballot.decode(ballot(1)), schedule: new Uint8Array(96).fill(7) }),
    ],
    [
      'a ballot without its votes and with the schedule of another verifier',
      'ballot',
      () => Ballot.encode({ ...Ballot.decode(ballot(1)), schedule: Ballot.decode(ballot(2)).schedule }),
    ],
    [
      'a ballot with its votes in another order than by provider',
      'ballot',
      () => Ballot.encode(votedBallot(1, PROVIDERS.toReversed())),
    ],
    [
      'a ballot with two votes on one provider',
      'ballot',
      () => Ballot.encode(votedBallot(1, [PROVIDERS[0]!, PROVIDERS[0]!])),
    ],
    [
      'a ballot with votes of another epoch',
      'ballot',
      () => Ballot.encode(votedBallot(1, PROVIDERS, { epoch: EPOCH - 1 })),
    ],
    ['a proposal with too few lists', 'proposal', () => proposal([list(0), list(1)])],
    ['a proposal with a list of another epoch', 'proposal', () => proposal([list(0), list(1), list(2, [0], 6)])],
    [
      'a proposal with a forged list',
      'proposal',
      () => proposal([list(0), list(1), { ...list(2), signature: list(1).signature }]),
    ],
    [
      'a proposal by the leader of another round',
      'proposal',
      () => proposal([list(0), list(1), list(2)], { leader: leader(1) }),
    ],
    [
      'a proposal with half a header',
      'proposal',
      () => proposal([list(0), list(1), list(2)], { headerBytes: encodeHeader(header).subarray(0, 64) }),
    ],
    ['a certificate of too few signers', 'certificate', () => certificate([0, 1])],
    [
      'a certificate that counts one verifier more than have signed',
      'certificate',
      () => certificate([0, 1], { nonSigners: [3] }),
    ],
    [
      'a certificate that leaves out a verifier that signed',
      'certificate',
      () => certificate([0, 1, 2, 3], { nonSigners: [3] }),
    ],
    [
      'a certificate that names a non-signer twice',
      'certificate',
      () => certificate([0, 1, 2], { nonSigners: [3, 3] }),
    ],
    [
      'a certificate with a non-signer outside the set',
      'certificate',
      () => certificate([0, 1, 2, 3], { nonSigners: [4] }),
    ],
    ['a certificate of another round', 'certificate', () => certificate([0, 1, 2], { round: 1 })],
    [
      'a certificate of another header',
      'certificate',
      () => certificate([0, 1, 2], { header: encodeHeader({ ...header, scoreRoot: ZERO_HASH }) }),
    ],
    [
      "a certificate of another era's header",
      'certificate',
      () => certificate([0, 1, 2], { header: encodeHeader({ ...header, era: 2 }) }),
    ],
  ]
  for (const [what, kind, bytes] of WRONG) {
    it(`find the fault of ${what}`, async () => {
      expect(await faultOf(kind, bytes())).to.be.a('string')
    })
  }
})
