/**
 * Makes the golden vectors that the TypeScript and the Solidity tests both read. Run this only after a deliberate
 * change of a signed or hashed format: `npx tsx proto/test/make-vectors.ts && npx biome check --write proto/vectors`.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeHeader } from '../header.js'
import { toHex } from '../hex.js'
import { encodeLeaf } from '../leaf.js'
import { leafHash, MerkleTree } from '../merkle.js'
import { encodeReward } from '../reward.js'
import { encodeVote } from '../vote.js'
import { blsVectors } from './bls-vectors.js'
import { digestVectors } from './digest-vectors.js'
import { sampleHeader, sampleLeaf, sampleReward, sampleVote } from './samples.js'

function recordVectors() {
  const entry = (record: object, encoded: Uint8Array) => ({
    record,
    encoded: toHex(encoded),
    leafHash: toHex(leafHash(encoded)),
  })
  const [vote, leaf, header, reward] = [sampleVote(), sampleLeaf(), sampleHeader(), sampleReward()]
  return {
    vote: entry(vote, encodeVote(vote)),
    leaf: entry(leaf, encodeLeaf(leaf)),
    header: entry(header, encodeHeader(header)),
    reward: entry(reward, encodeReward(reward)),
  }
}

function merkleVectors() {
  return {
    trees: [1, 2, 3, 7, 8].map(size => {
      const leaves = Array.from({ length: size }, (_, i) => encodeLeaf(sampleLeaf(i)))
      const tree = new MerkleTree(leaves)
      return {
        root: tree.root,
        leaves: leaves.map((leaf, i) => ({ encoded: toHex(leaf), hash: toHex(leafHash(leaf)), proof: tree.proof(i) })),
      }
    }),
  }
}

const asJson = (value: unknown): string =>
  `${JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one), 2)}\n`

/** File name → contents. */
export const makeVectors = (): Record<string, string> => ({
  'digests.json': asJson(digestVectors()),
  'records.json': asJson(recordVectors()),
  'merkle.json': asJson(merkleVectors()),
  'bls.json': asJson(blsVectors()),
})

export const VECTORS = new URL('../vectors/', import.meta.url)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, contents] of Object.entries(makeVectors())) writeFileSync(new URL(name, VECTORS), contents)
}
