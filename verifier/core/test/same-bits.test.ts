/**
 * Every node must get the same assignment and the same report, bit for bit, and so must every version of this code: else a
 * network that is half updated certifies nothing. The hashes are those of the first version that computed them. A change
 * that alters one alters the protocol.
 */
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { WindowVotes } from '../../../proto/window-votes.js'
import { type Assignment, assign } from '../assignment/assign.js'
import type { ChainFacts } from '../facts.js'
import { WorkTally } from '../rewards/work.js'
import { NOTHING_CARRIED } from '../scoring/carry-over.js'
import { EpochEvaluation, type EvaluateInput } from '../scoring/evaluate.js'
import { buildReport, leafTree } from '../scoring/report.js'
import { RandomNetwork } from './random-network.js'
import { account, encodedBallots } from './samples.js'

const HOURLY = { epochSeconds: 3600, tickMs: 15_000, eraEpochs: 24, lanes: 0 }

/** By name: the network, the epochs that have a report, and the hashes. */
const CASES = {
  'a small network': {
    shape: { seed: 1, verifiers: 5, providers: 4 },
    epochs: [1, 2, 3, 4, 5, 6],
  },
  'windows of 24 epochs, with soaks': {
    shape: {
      ...{ seed: 2, verifiers: 31, providers: 60 },
      params: { ...HOURLY, windowEpochs: 24, soakShareBps: 500, slotMs: 15_000 },
    },
    epochs: [20, 21, 22, 23, 24, 25, 26],
  },
  'windows of 24 epochs that end late': {
    shape: { seed: 3, verifiers: 31, providers: 40, params: { ...HOURLY, windowEpochs: 24, soakShareBps: 5000 } },
    epochs: [21, 22, 23, 26, 46, 47, 48],
  },
  'windows of 3 epochs': {
    shape: { seed: 4, verifiers: 13, providers: 40, params: { windowEpochs: 3, eraEpochs: 6, soakShareBps: 3000 } },
    epochs: [1, 2, 3, 5, 7, 8, 9, 10],
  },
  'every session a soak': {
    shape: { seed: 5, verifiers: 10, providers: 30, params: { soakShareBps: 10_000, epochSeconds: 120 } },
    epochs: [1, 2, 3, 4],
  },
  'too few rounds': {
    shape: { seed: 6, verifiers: 9, providers: 50, params: { lanes: 2 } },
    epochs: [1, 2, 3, 4, 5, 6],
  },
  'receivers of a larger set': {
    shape: {
      seed: 7,
      verifiers: 40,
      providers: 50,
      params: { ...HOURLY, receivers: 8, senders: 2, soakShareBps: 500 },
    },
    epochs: [1, 2, 3, 4, 5],
  },
  'many providers fall at once': {
    shape: {
      ...{ seed: 13, verifiers: 4, providers: 60 },
      params: { epochSeconds: 600, tickMs: 5000, lanes: 0, commonFailureMinProviders: 10, commonFailureShareBps: 1 },
    },
    epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  },
  'fewer verifiers than senders': {
    shape: { seed: 8, verifiers: 3, providers: 6 },
    epochs: [1, 2, 3],
  },
  'one verifier': {
    shape: { seed: 9, verifiers: 1, providers: 3 },
    epochs: [1, 2],
  },
  'no provider': {
    shape: { seed: 10, verifiers: 7, providers: 0 },
    epochs: [1, 2],
  },
}

const HASHES: Record<keyof typeof CASES, { readonly assignments: string; readonly reports: string }> = {
  'a small network': { assignments: 'edf8a83fc37ca57b223f538ed957b9be', reports: '374ce147c0640de5e55a9b445699f509' },
  'windows of 24 epochs, with soaks': {
    assignments: '44ad8df7e0affd9669dbc8430c7b5e41',
    reports: 'c35ca211741f220d531b9dcb9081f6c3',
  },
  'windows of 24 epochs that end late': {
    assignments: '9f9b20bd962de9a384167bab3e8de25d',
    reports: '844e45e8f62571c209eee7dce60bb402',
  },
  'windows of 3 epochs': {
    assignments: '3a9842ee763e414407bbe54c0a196b72',
    reports: '1a71b1a05a57869dfb34fb7bb701a5d9',
  },
  'every session a soak': {
    assignments: '46061719328decf6472a9d7fd2663ea9',
    reports: '4fadafe76d16e5f206154fd9c27822ed',
  },
  'too few rounds': { assignments: 'd164839a8a061602945d2932cc2aa9b6', reports: '84766bf1282217def5f68b8c6ab59095' },
  'receivers of a larger set': {
    assignments: '1c7422f325bb6eef6534f1d12a8e0e1a',
    reports: '7d60326a00a1b0479790dcc91efc6bc4',
  },
  'many providers fall at once': {
    assignments: '8f9f9202055089b8a3b0e6be5463390b',
    reports: '97547231e5a7a730d19dae3d6779f835',
  },
  'fewer verifiers than senders': {
    assignments: '353e140720323b197639c881c9acce7a',
    reports: 'c7852cc93183f5ca71c95b967e340245',
  },
  'one verifier': { assignments: '114f86af4052d463a05cb53c41443faa', reports: '986a60df6d5f9e7bd2ebb4214be581b9' },
  'no provider': { assignments: 'c75f9f8434fc8e2d01e91fab224011a2', reports: 'ba3c3e942a90be60e000e20542554325' },
}

describe('the same bits as ever', () => {
  for (const [name, { shape, epochs }] of Object.entries(CASES)) {
    it(`of assignment and report: ${name}`, () => {
      const network = new RandomNetwork(shape)
      const assignments: unknown[] = []
      const reports: unknown[] = []
      let previous: EvaluateInput['previous'] = { epoch: 0, ...NOTHING_CARRIED }
      let previousHeader: Hex = ZERO_HASH
      for (const epoch of epochs) {
        const facts = network.facts(epoch)
        const assignment = assign(facts, network.params)
        assignments.push(assignmentFigures(facts, assignment))
        const ballots = encodedBallots(network.ballots(facts, assignment))
        const ballotSet = ballots.map(({ verifier }) => ({ verifier, root: keccakText(`${epoch} ${verifier}`) }))
        const input = { params: network.params, facts, assignment, previous, ballots }
        const work = new WorkTally(input)
        const report = buildReport({ ...input, ballotSet, previousHeader, rewardsRoot: ZERO_HASH }, work.add)
        const { leaves } = report
        const tree = leafTree(leaves)
        const proofs = leaves.map((_, i) => tree.proof(i))
        reports.push({ ...report, ...talliesOf(input, leaves), proofs, work: work.work(report) })
        previous = { ...report, epoch }
        previousHeader = report.header.scoreRoot
      }
      const hashes = { assignments: hashOf(assignments), reports: hashOf(reports) }
      expect(hashes, JSON.stringify(hashes)).to.deep.equal(HASHES[name as keyof typeof CASES])
    })
  }
})

/** By provider, each tallied for its own sake. */
function talliesOf(input: EvaluateInput, leaves: readonly Leaf[]) {
  const evaluation = new EpochEvaluation(input)
  const tallied = leaves.map(leaf => [leaf.provider, evaluation.tallyOf(leaf.provider, input.ballots)!] as const)
  return {
    tallies: new Map(tallied.map(([provider, { tally }]) => [provider, tally])),
    ticks: new Map(tallied.map(([provider, { ticks }]) => [provider, ticks])),
  }
}

const assignmentFigures = ({ providers, verifiers }: ChainFacts, assignment: Assignment) => ({
  ...assignment,
  of: [...providers.map(one => one.account), account('nobody')].sort().map(provider => ({
    receivers: assignment.receiversOf(provider),
    assigned: assignment.assignedOf(provider),
    due: assignment.dueOf(provider),
    groups: assignment.groupsOf(provider),
    beside: assignment.besideOf(provider),
    tries: verifiers
      .map(({ index }) => index)
      .sort((a, b) => a - b)
      .map(receiver => assignment.triesOf(provider, receiver)),
  })),
})

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex')
    .slice(0, 32)

/** Whatever the order of an object's fields and of a map's entries. Functions and undefined are left out. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  if (Array.isArray(value)) return value.map(canonical)
  if (value instanceof WindowVotes) return canonical(value.all())
  if (value instanceof Map) return canonical(Object.fromEntries(value))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined && typeof one !== 'function')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, canonical(one)]),
  )
}
