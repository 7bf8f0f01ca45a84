/** What a verifier takes from gossip, and what it rejects: real keys and a real store, a network of nobody. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Level } from 'level'
import pino from 'pino'
import {
  commitDigest,
  headerHash,
  type NetworkId,
  proposalDigest,
  reportDigest,
  seenDigest,
} from '../../../proto/digests.js'
import { epochStartMs } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { Certificate, Commit, Partial, Proposal, SeenListMessage } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { BlsSigner } from '../../bls/signer.js'
import { BlsVerifier } from '../../bls/verifier.js'
import { keysFromSeed } from '../../config/keys.js'
import { assign } from '../../core/assignment/assign.js'
import type { ChainFacts } from '../../core/facts.js'
import { StoreError } from '../../store/errors.js'
import { type Database, Store } from '../../store/store.js'
import { AgreementRunner } from '../agreement-runner.js'
import type { VerifierContext } from '../context.js'
import { Inbox, type InboxModules } from '../inbox.js'

const EPOCH = 7
const network: NetworkId = { chainId: 31_337, contract: `0x${'ab'.repeat(20)}` }
const signers = [0, 1, 2, 3].map(i => new BlsSigner(keysFromSeed('inbox', `verifier-${i}`).bls))
const facts: ChainFacts = {
  era: 1,
  epoch: EPOCH,
  blockNumber: 70,
  blockHash: keccakText('B(7)'),
  beacon: keccakText('beacon'),
  verifiers: signers.map((signer, index) => ({
    index,
    account: `0x${`0${index}`.repeat(20)}`,
    blsKey: toHex(signer.publicKey128),
    capacityKbps: 1_000_000,
  })),
  providers: [],
}
const header: Header = {
  era: 1,
  epoch: EPOCH,
  blockNumber: facts.blockNumber,
  blockHash: facts.blockHash,
  previousHeader: ZERO_HASH,
  scoreRoot: keccakText('score'),
  ballotSetRoot: keccakText('ballots'),
  rewardsRoot: ZERO_HASH,
  providerCount: 0,
  commonFailure: false,
}
const bls = new BlsVerifier()
const sign = (verifier: number, digest: Hex) => signers[verifier]!.sign(digest)

function commit(verifier: number, signedBy = verifier, epoch = EPOCH): Uint8Array {
  const commitment = keccakText(`commitment of ${verifier}`)
  const signature = sign(signedBy, commitDigest(network, { era: 1, epoch }, verifier, commitment))
  return Commit.encode({ epoch, verifier, commitment: fromHex(commitment), signature })
}

function list(verifier: number, seen = [0, 1, 2], epoch = EPOCH): SeenListMessage {
  const entries = seen.map(other => ({ verifier: other, root: keccakText(`ballot of ${other}`) }))
  return {
    epoch,
    verifier,
    entries: entries.map(entry => ({ ...entry, root: fromHex(entry.root) })),
    signature: sign(verifier, seenDigest(network, { era: 1, epoch }, verifier, entries)),
  }
}

function proposal(lists: SeenListMessage[], changes: { leader?: number; header?: Uint8Array } = {}): Uint8Array {
  const signature = sign(0, proposalDigest(network, facts, 0, headerHash(network, header)))
  return Proposal.encode({
    epoch: EPOCH,
    round: 0,
    leader: 0,
    header: encodeHeader(header),
    lists,
    signature,
    ...changes,
  })
}

function certificate(by: number[], changes: { -readonly [K in keyof Certificate]?: Certificate[K] } = {}): Uint8Array {
  const digest = reportDigest(network, facts, 0, headerHash(network, header))
  const signature = bls.aggregate(by.map(verifier => sign(verifier, digest)))
  const nonSigners = facts.verifiers.flatMap((_, position) => (by.includes(position) ? [] : [position]))
  return Certificate.encode({ epoch: EPOCH, round: 0, header: encodeHeader(header), nonSigners, signature, ...changes })
}

function partial(verifier: number, signedBy = verifier, signedRound = 0): Uint8Array {
  const hash = headerHash(network, header)
  const signature = sign(signedBy, reportDigest(network, facts, signedRound, hash))
  return Partial.encode({ epoch: EPOCH, round: 0, headerHash: fromHex(hash), verifier, signature })
}

describe('inbox of a verifier', () => {
  let dir: string
  let store: Store
  let inbox: Inbox
  let certificates: Certificate[]
  let failures: Error[]
  const disk = { full: false }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-inbox-'))
    await (await Store.open(join(dir, 'db'), { mode: 'create' })).close()
    const level = new Level<string, Uint8Array>(join(dir, 'db'), { keyEncoding: 'utf8', valueEncoding: 'view' })
    const batch = level.batch.bind(level) as (rows: never, options: never) => Promise<void>
    const database = Object.assign(level, {
      batch: async (rows: never, options: never) => {
        if (disk.full) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' })
        return batch(rows, options)
      },
    }) as Database
    disk.full = false
    store = await Store.open(join(dir, 'db'), { mode: 'existing', database })
    certificates = []
    failures = []
    const epochs = { genesisMs: 1_000_000, epochMs: DEVNET.epochSeconds * 1000, eraEpochs: DEVNET.eraEpochs }
    const context = {
      self: { index: 3, account: facts.verifiers[3]!.account },
      network,
      params: DEVNET,
      epochs,
      store,
      bls: { signer: signers[3]!, verifier: bls },
      wall: { nowMs: () => epochStartMs(epochs, EPOCH + 1) },
      log: pino({ level: 'silent' }),
      stopping: new AbortController().signal,
      fail: (error: Error) => failures.push(error),
    } as unknown as VerifierContext
    const record = { facts, assignment: assign(facts, DEVNET) }
    const runner = new AgreementRunner(
      {
        context,
        // no proposal here is checked further than its signatures
        ...{ reports: undefined as never, computer: undefined as never },
        broadcast: async () => undefined,
        onCertificate: heard => certificates.push(heard),
      },
      record,
    )
    const runnerOf = async (epoch: number) => (epoch === EPOCH ? runner : undefined)
    inbox = new Inbox({ context, peers: undefined as never, runner: runnerOf } satisfies InboxModules)
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })

  const heard = async () => (await store.heardGossip(EPOCH)).map(item => item.kind)

  it('takes what is rightly signed, and keeps it for those who come late', async () => {
    expect(await inbox.hear('commit', commit(1))).to.equal('accept')
    expect(await inbox.hear('seen', SeenListMessage.encode(list(2)))).to.equal('accept')
    expect(await inbox.hear('partial', partial(0))).to.equal('accept')
    expect(await inbox.hear('certificate', certificate([0, 1, 3]))).to.equal('accept')
    expect(await heard()).to.deep.equal(['commit', 'seen', 'partial', 'certificate'])
    expect(certificates.map(({ nonSigners }) => nonSigners)).to.deep.equal([[2]])
  })

  const REJECTED: [what: string, kind: Parameters<Inbox['hear']>[0], bytes: () => Uint8Array][] = [
    ['bytes that are no message', 'commit', () => Uint8Array.of(1, 2, 3)],
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
    ['a proposal with too few lists', 'proposal', () => proposal([list(0), list(1)])],
    ['a proposal with a list of another epoch', 'proposal', () => proposal([list(0), list(1), list(2, [0], 6)])],
    [
      'a proposal with a forged list',
      'proposal',
      () => proposal([list(0), list(1), { ...list(2), signature: list(1).signature }]),
    ],
    ['a proposal in the name of another', 'proposal', () => proposal([list(0), list(1), list(2)], { leader: 1 })],
    [
      'a proposal with half a header',
      'proposal',
      () => proposal([list(0), list(1), list(2)], { header: encodeHeader(header).subarray(0, 64) }),
    ],
    ['a certificate of too few', 'certificate', () => certificate([0, 1])],
    ['a certificate that counts one more than signed', 'certificate', () => certificate([0, 1], { nonSigners: [3] })],
    [
      'a certificate that leaves out one who signed',
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
  for (const [what, kind, bytes] of REJECTED) {
    it(`rejects ${what}`, async () => {
      expect(await inbox.hear(kind, bytes())).to.equal('reject')
      expect(await heard()).to.deep.equal([])
      expect(certificates).to.deep.equal([])
    })
  }

  it('ignores what is of an epoch that is over, and of one in which it takes no part', async () => {
    for (const epoch of [EPOCH - 1, EPOCH + 1, EPOCH + 3]) {
      expect(await inbox.hear('commit', commit(1, 1, epoch))).to.equal('ignore')
    }
    expect(await heard()).to.deep.equal([])
  })

  it('ends the node when the store has no space left', async () => {
    disk.full = true
    expect(await inbox.hear('commit', commit(1))).to.equal('ignore')
    expect(failures).to.have.length(1)
    expect(failures[0]).to.be.instanceOf(StoreError).with.property('exitCode', 6)
  })
})
