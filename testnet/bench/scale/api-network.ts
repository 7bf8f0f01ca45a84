/** A verifier of a large network, with a real store: its reports come of signed ballots, and the chain accepts them at once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BallotIndex, votesOf } from '../../../proto/ballot-index.js'
import { ballotDigest, headerHash, scheduleDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { reportRoutes } from '../../../verifier/api/report-routes.js'
import type { ReportingNode } from '../../../verifier/api/reporting-node.js'
import { type ApiServer, serveApi } from '../../../verifier/api/server.js'
import { BlsSigner } from '../../../verifier/bls/signer.js'
import { ChainHealth } from '../../../verifier/chain/chain-health.js'
import { KnownEvents } from '../../../verifier/chain/known-events.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import type { NetworkFile } from '../../../verifier/config/network-file.js'
import { assign } from '../../../verifier/core/assignment/assign.js'
import type { ChainFacts } from '../../../verifier/core/facts.js'
import { NOTHING_CARRIED } from '../../../verifier/core/scoring/carry-over.js'
import { EpochEvaluation, type EvaluateInput } from '../../../verifier/core/scoring/evaluate.js'
import { reportOf } from '../../../verifier/core/scoring/report.js'
import { Store } from '../../../verifier/store/store.js'
import { ballotSlices, factsOf, paramsOf } from './network.js'
import { type NetworkSize, WINDOWS } from './sizes.js'

const contract = (n: number): Hex => `0x${`${n}`.repeat(40)}`
const NETWORK = { chainId: 31_337, contract: contract(5) }
const [windowEpochs] = WINDOWS

const networkFile = (): NetworkFile => ({
  ...{ name: 'scale', chainId: NETWORK.chainId, deployBlock: 0, params: paramsOf(windowEpochs) },
  contracts: {
    ...{ stakeToken: contract(1), stakeVault: contract(2), verifierRegistry: contract(3) },
    ...{ providerRegistry: contract(4), epochReports: NETWORK.contract, slashingManager: contract(6) },
    ...{ rewardsDistributor: contract(7), decoys: contract(8), equivocationSlasher: contract(9) },
    ...{ offers: `0x${'0a'.repeat(20)}`, transferEscrow: `0x${'0b'.repeat(20)}`, lanes: `0x${'0c'.repeat(20)}` },
  },
})

export class ApiNetwork {
  readonly #size: NetworkSize
  readonly #signers: readonly BlsSigner[]
  readonly #known = new KnownEvents()
  #facts: ChainFacts | undefined
  #epoch = 0
  #previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
  #previousHeader: Hex = ZERO_HASH
  #api: ApiServer | undefined

  private constructor(
    size: NetworkSize,
    private readonly directory: string,
    private readonly store: Store,
  ) {
    this.#size = size
    this.#signers = Array.from(
      { length: size.verifiers },
      (_, i) => new BlsSigner(keysFromSeed('bench scale', `verifier ${i}`).bls),
    )
  }

  static async start(size: NetworkSize): Promise<ApiNetwork> {
    const directory = await mkdtemp(join(tmpdir(), 'bandwitness-bench-scale-'))
    const network = new ApiNetwork(size, directory, await Store.open(join(directory, 'db'), { mode: 'create' }))
    network.#announce()
    const modules = { standing: () => ({ state: 'measuring', sentence: '' }), transcript: async () => undefined }
    network.#api = await serveApi({ host: '127.0.0.1', port: 0 }, app => reportRoutes(app, network.#node(), modules))
    return network
  }

  get url(): string {
    return this.#api!.url
  }

  async stop(): Promise<void> {
    await this.#api?.close()
    await this.store.close()
    await rm(this.directory, { recursive: true })
  }

  /** Stores the ballots and the report of the next epoch. @returns accounts of the providers */
  async accept(): Promise<Hex[]> {
    const epoch = ++this.#epoch
    const params = paramsOf(windowEpochs)
    const facts = this.#factsOf(epoch)
    const [input, schedules] = [
      { params, facts, assignment: assign(facts, params), previous: this.#previous },
      this.#signers.map(signer => signer.sign(scheduleDigest(NETWORK, facts, facts.beacon))),
    ]
    const evaluation = new EpochEvaluation(input)
    const cast = facts.verifiers.map((): Uint8Array[] => [])
    for (const ballots of ballotSlices(facts, params, input.assignment, verifier => schedules[verifier - 1]!)) {
      evaluation.add(ballots)
      for (const [i, { votes }] of ballots.entries()) cast[i]!.push(...votesOf(votes.slice()))
    }
    const ballotSet: { verifier: number; root: Hex }[] = []
    for (const [i, { index: verifier }] of facts.verifiers.entries()) {
      const { root } = BallotIndex.of(cast[i]!)
      const signature = this.#signers[i]!.sign(ballotDigest(NETWORK, facts, verifier, root))
      await this.store.ballots.put(
        { epoch, verifier, root: fromHex(root), signature, schedule: schedules[i]! },
        cast[i]!,
        false,
      )
      ballotSet.push({ verifier, root })
    }
    const previousHeader = this.#previousHeader
    const report = reportOf({ ...input, previousHeader, ballotSet, rewardsRoot: ZERO_HASH }, evaluation.finish())
    const hash = headerHash(NETWORK, report.header)
    const block = { txHash: keccakText(`posted ${epoch}`), blockNumber: epoch + 1 }
    await this.store.putFacts(facts)
    await this.store.putReport({
      ...{ ...report, headerHash: hash, ballots: ballotSet, rewards: [], isWrong: false },
      posted: { header: report.header, headerHash: hash, round: 0, nonSigners: [], gasUsed: 255_819, ...block },
    })
    const { txHash, blockNumber } = block
    this.#known.add([{ kind: 'posted', block: blockNumber, logIndex: 0, epoch, headerHash: hash, txHash }])
    this.#previous = { epoch, ...report }
    this.#previousHeader = hash
    return facts.providers.map(one => one.account)
  }

  #factsOf(epoch: number): ChainFacts {
    const facts = factsOf({ ...this.#size, windowEpochs }, epoch)
    const verifiers = facts.verifiers.map((one, i) => ({ ...one, blsKey: toHex(this.#signers[i]!.publicKey128) }))
    this.#facts = { ...facts, verifiers }
    return this.#facts
  }

  #announce(): void {
    const { providers } = this.#factsOf(1)
    this.#known.add(
      providers.map(({ account, index }, logIndex) => ({
        ...{ kind: 'announced', block: 1, logIndex },
        announcement: {
          ...{ role: 'provider', index, account, peerId: `peer-${index}` },
          multiaddrs: [`/ip4/192.0.2.1/tcp/${1024 + (index % 60_000)}`],
        },
      })),
    )
  }

  #node(): ReportingNode {
    const stake = { active: 10n ** 21n, unbonding: 0n, releaseAt: undefined, free: 0n, withdrawalAddress: contract(1) }
    return {
      ...{ store: this.store, network: networkFile(), clock: undefined, epochs: undefined },
      epochNow: () => this.#epoch + 1,
      chain: {
        ...{ network: NETWORK, health: new ChainHealth() },
        events: async () => this.#known,
        posted: async () => undefined,
        frozenSet: async () => [...this.#facts!.verifiers],
        stake: async () => ({ ...stake }),
      },
    }
  }
}
