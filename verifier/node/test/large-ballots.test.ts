/** A verifier commits to a ballot of any size and reveals it, and another verifier fetches it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import pino from 'pino'
import { systemClock, systemRandom } from '../../../probe/index.js'
import { PART_VOTES, providerOf } from '../../../proto/ballot-index.js'
import { epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { toHex } from '../../../proto/hex.js'
import { verifyProof } from '../../../proto/merkle.js'
import { Ballot, Commit, MAX_GOSSIP_VOTES } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { decodeVote, encodeVote } from '../../../proto/vote.js'
import { assign } from '../../core/assignment/assign.js'
import { account, providerNamed } from '../../core/test/samples.js'
import { serveSync } from '../../net/sync.js'
import { addressOf, forStrangers, silent, withPeers } from '../../net/test/network.js'
import { Store } from '../../store/store.js'
import { storedBallot } from '../../store/test/samples.js'
import { AgreementRunner } from '../agreement-runner.js'
import type { VerifierContext } from '../context.js'
import type { Directory } from '../directory.js'
import { PeerSync } from '../peer-sync.js'
import { syncSource } from '../sync-source.js'
import { bls, EPOCH, epochs, network, facts as signedFacts, signers, votedBallot } from './gossip-samples.js'

const OWN = 2
/** Just below and above what gossip carries, what no ballot could hold once, and one of many parts. */
const SIZES = [135, 136, 389, 2000]

describe('a ballot', function () {
  this.retries(2) // a peer has two seconds for its answer
  let dir: string
  let own: Store
  let other: Store
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-large-'))
    own = await Store.open(join(dir, 'own'), { mode: 'create' })
    other = await Store.open(join(dir, 'other'), { mode: 'create' })
  })
  afterEach(async () => {
    await own.close()
    await other.close()
    await rm(dir, { recursive: true })
  })

  /** What a verifier with these votes broadcasts, until it has revealed its ballot. */
  async function revealed(voted: Ballot): Promise<Map<string, Uint8Array>> {
    const said = new Map<string, Uint8Array>()
    const over = new AbortController()
    let nowMs = epochEndMs(epochs, EPOCH)
    const context = {
      ...{ self: { index: OWN }, network, params: DEVNET, epochs, store: own, bls: { signer: signers[OWN]! } },
      ...{ wall: { nowMs: () => nowMs }, log: pino({ level: 'silent' }), stopping: over.signal },
      fail: (error: Error) => over.abort(error),
    } as unknown as VerifierContext
    const broadcast = async (kind: string, message: Uint8Array) => {
      said.set(kind, message)
      if (kind === 'commit') nowMs += DEVNET.commitMs
      if (kind === 'ballot') over.abort()
    }
    const runner = new AgreementRunner(
      {
        context,
        ...{ reports: undefined as never, computer: undefined as never, maySign: () => true },
        ...{ broadcast, onCertificate: () => undefined, onSigned: () => undefined },
      },
      { facts: signedFacts, assignment: assign(signedFacts, DEVNET) },
    )
    runner.setVotes(voted.votes.map(decodeVote), voted.schedule)
    await runner.run().catch(error => expect(error.name, error.message).to.equal('AbortError'))
    return said
  }

  for (const size of SIZES) {
    it(`of ${size} votes is committed to, revealed, and fetched by another verifier`, async () => {
      const providers = Array.from({ length: size }, (_, i) => account(`${i}`)).sort()
      const voted = votedBallot(OWN, providers)
      const said = await revealed(voted)
      expect(Commit.decode(said.get('commit')!).verifier).to.equal(OWN)
      const { votes, ...head } = Ballot.decode(said.get('ballot')!)
      expect(votes.length).to.equal(size <= MAX_GOSSIP_VOTES ? size : 0)
      const root = toHex(head.root)
      expect(await storedBallot(own, root)).to.deep.equal(voted)

      await withPeers(2, async (asker, server) => {
        const times = { epochs, params: DEVNET, wall: { nowMs: () => epochStartMs(epochs, EPOCH + 2) } }
        let parts = 0
        const source = syncSource({ store: own, ...times })
        const ballotPart: typeof source.ballotPart = (...which) => {
          parts++
          return source.ballotPart(...which)
        }
        await serveSync(server!, { ...source, ballotPart }, forStrangers())
        const announced = [{ ...addressOf(server!), role: 'verifier', index: OWN }]
        const context = {
          ...{ store: other, peer: asker!, log: silent, ...times, network, bls: { verifier: bls }, self: { index: 0 } },
          ...{ stopping: new AbortController().signal, random: systemRandom, clock: systemClock },
          offences: { report: (_: string, offence: string) => expect.fail(offence) },
        } as unknown as VerifierContext
        const peers = new PeerSync(context, { verifiers: () => announced } as unknown as Directory)
        const facts = { ...signedFacts, providers: providers.map((one, i) => providerNamed(i, { account: one })) }
        expect(await peers.ballot({ verifier: OWN, root }, facts)).to.deep.include({ verifier: OWN })
        expect(await other.ballots.votes(root)).to.deep.equal(voted.votes)
        expect(await peers.ballotVotes(root)).to.equal(size)
        const [encoded] = voted.votes.slice(-1)
        const cast = (await peers.ballotVote(root, providerOf(encoded!)))!
        expect(encodeVote(cast.vote)).to.deep.equal(encoded)
        expect(verifyProof(root, encoded!, cast.proof)).to.equal(true)
        expect(parts).to.equal(Math.ceil(size / PART_VOTES))
      })
    })
  }
})
