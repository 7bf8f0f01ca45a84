import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { expect } from 'chai'
import fc from 'fast-check'
import { encodeWords } from '../abi.js'
import { toHex, ZERO_HASH } from '../hex.js'
import { leafHashes, MerkleTree, merkleRoot, proofIn, verifyProof } from '../merkle.js'

const TYPES = ['uint32', 'bytes32'] as const
const leaf = fc.tuple(fc.nat(0xffffffff), fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex))
const someLeaves = fc.array(leaf, { minLength: 1, maxLength: 40 })
const encoded = (values: readonly (readonly [number, string])[]) => values.map(one => encodeWords(TYPES, one))

describe('Merkle tree', () => {
  it('has the same root and proofs as the reference implementation', () => {
    fc.assert(
      fc.property(someLeaves, values => {
        const tree = new MerkleTree(encoded(values))
        const reference = StandardMerkleTree.of(values, [...TYPES])
        expect(tree.root).to.equal(reference.root)
        for (const i of values.keys()) {
          expect(StandardMerkleTree.verify(tree.root, [...TYPES], values[i]!, tree.proof(i))).to.equal(true)
        }
      }),
    )
  })

  it('has the same root as the reference implementation if it is large, and if leaves are equal', () => {
    const many = fc.array(leaf, { minLength: 65, maxLength: 400 })
    fc.assert(
      fc.property(many, values => {
        const twice = [...values, ...values]
        const tree = new MerkleTree(encoded(twice))
        expect(tree.root).to.equal(StandardMerkleTree.of(twice, [...TYPES]).root)
        expect(merkleRoot(leafHashes(encoded(twice)))).to.equal(tree.root)
      }),
      { numRuns: 20 },
    )
  })

  it('has a root that can be had without it', () => {
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 100 }), values => {
        expect(merkleRoot(leafHashes(encoded(values)))).to.equal(new MerkleTree(encoded(values)).root)
      }),
    )
  })

  it('proves a leaf from its nodes alone as it does itself, and no other leaf', () => {
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 100 }), leaf, (values, other) => {
        const leaves = encoded(values)
        const tree = new MerkleTree(leaves)
        for (const [i, one] of leaves.entries()) {
          const proof = proofIn(tree.nodes, one)!
          expect(verifyProof(tree.root, one, proof)).to.equal(true)
          if (values.filter(value => value.join() === values[i]!.join()).length === 1)
            expect(proof).to.deep.equal(tree.proof(i))
        }
        if (!values.some(value => value.join() === other.join()))
          expect(proofIn(tree.nodes, encoded([other])[0]!)).to.equal(undefined)
      }),
    )
  })

  it('has one proof for several leaves, as the reference implementation has', () => {
    const chosen = someLeaves.chain(values => {
      const distinct = [...new Map(values.map(value => [value.join(), value])).values()]
      return fc.tuple(fc.constant(distinct), fc.subarray([...distinct.keys()], { minLength: 1 }))
    })
    fc.assert(
      fc.property(chosen, ([values, indices]) => {
        const tree = new MerkleTree(encoded(values))
        const { order, proof, flags } = tree.multiProof(indices)
        expect([...order].sort((a, b) => a - b)).to.deep.equal([...indices].sort((a, b) => a - b))
        const multiproof = { leaves: order.map(i => values[i]!), proof: [...proof], proofFlags: [...flags] }
        expect(StandardMerkleTree.verifyMultiProof(tree.root, [...TYPES], multiproof)).to.equal(true)
        const reference = StandardMerkleTree.of(values, [...TYPES]).getMultiProof([...indices])
        expect(multiproof).to.deep.equal(reference)
      }),
    )
  })

  it('proves none of several leaves if one of them is another', () => {
    fc.assert(
      fc.property(someLeaves, leaf, (values, stranger) => {
        const tree = new MerkleTree(encoded(values))
        const { order, proof, flags } = tree.multiProof([...values.keys()])
        const leaves = order.map((i, place) => (place === 0 ? stranger : values[i]!))
        fc.pre(stranger.join() !== values[order[0]!]!.join())
        const multiproof = { leaves, proof: [...proof], proofFlags: [...flags] }
        expect(StandardMerkleTree.verifyMultiProof(tree.root, [...TYPES], multiproof)).to.equal(false)
      }),
    )
  })

  it('has the same root for every order of its leaves', () => {
    const shuffled = someLeaves.chain(values =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
    )
    fc.assert(
      fc.property(shuffled, ([values, other]) => {
        expect(new MerkleTree(encoded(other)).root).to.equal(new MerkleTree(encoded(values)).root)
      }),
    )
  })

  it('proves each of its leaves and no other leaf', () => {
    fc.assert(
      fc.property(someLeaves, leaf, (values, stranger) => {
        fc.pre(!values.some(one => toHex(encodeWords(TYPES, one)) === toHex(encodeWords(TYPES, stranger))))
        const tree = new MerkleTree(encoded(values))
        for (const [i, one] of encoded(values).entries()) {
          expect(verifyProof(tree.root, one, tree.proof(i))).to.equal(true)
          expect(verifyProof(tree.root, encodeWords(TYPES, stranger), tree.proof(i))).to.equal(false)
        }
      }),
    )
  })

  it('has the zero root if it is empty, and no proof for a leaf that it lacks', () => {
    expect(new MerkleTree([]).root).to.equal(ZERO_HASH)
    expect(() => new MerkleTree(encoded([[1, ZERO_HASH]])).proof(1)).to.throw(RangeError)
  })
})
