// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MultiProof} from "../../src/libraries/MultiProof.sol";
import {check} from "./Cheats.sol";

/// @notice Compares the check of multiproofs with OpenZeppelin's.
contract MultiProofTest {
    /// @notice Right proofs of any subset of a tree, and the same proofs with one thing changed.
    function testFuzzSubsets(uint256 size, uint256 chosen, bytes32 seed, uint256 change) public view {
        size = 1 + (size % 24);
        bytes32[] memory nodes = new bytes32[](2 * size - 1);
        for (uint256 i = 0; i < size; i++) nodes[size - 1 + i] = keccak256(abi.encode(seed, i));
        for (uint256 i = size - 1; i > 0; i--) nodes[i - 1] = _hash(nodes[2 * i - 1], nodes[2 * i]);
        chosen |= 1 << (chosen % size);
        (bytes32[] memory leaves, bytes32[] memory proof, bool[] memory flags) = _prove(nodes, size, chosen);
        check(this.verify(nodes[0], leaves, proof, flags), "a right proof");
        this.compare(nodes[0], leaves, proof, flags);
        this.compare(seed, leaves, proof, flags);
        if (change % 3 == 0 && flags.length > 0) flags[change % flags.length] = !flags[change % flags.length];
        if (change % 3 == 1 && proof.length > 0) proof[change % proof.length] = seed;
        if (change % 3 == 2) leaves[change % leaves.length] = seed;
        this.compare(nodes[0], leaves, proof, flags);
    }

    /// @notice Anything at all. Flags that ask for hashes that are not at hand must not pass.
    function testFuzzAnything(
        bytes32 root,
        bytes32[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) public view {
        this.compare(root, leaves, proof, flags);
        if (leaves.length > 0) this.compare(leaves[0], leaves, proof, flags);
        bool[] memory fitting = new bool[](leaves.length + proof.length == 0 ? 0 : leaves.length + proof.length - 1);
        for (uint256 i = 0; i < fitting.length && i < flags.length; i++) fitting[i] = flags[i];
        this.compare(root, leaves, proof, fitting);
    }

    /// @dev Whatever passes here passes there. OpenZeppelin also takes an empty set of leaves.
    function compare(
        bytes32 root,
        bytes32[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external view {
        bool expected;
        try this.byOpenZeppelin(root, leaves, proof, flags) returns (bool valid) {
            expected = valid && leaves.length > 0;
        } catch {
            expected = false;
        }
        check(this.verify(root, leaves, proof, flags) == expected, "as OpenZeppelin decides");
    }

    function byOpenZeppelin(
        bytes32 root,
        bytes32[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external pure returns (bool) {
        return MerkleProof.multiProofVerifyCalldata(proof, flags, root, leaves);
    }

    function verify(
        bytes32 root,
        bytes32[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external pure returns (bool) {
        return MultiProof.verify(root, leaves, proof, flags);
    }

    function _prove(
        bytes32[] memory nodes,
        uint256 size,
        uint256 chosen
    ) private pure returns (bytes32[] memory leaves, bytes32[] memory proof, bool[] memory flags) {
        bool[] memory known = new bool[](nodes.length);
        (leaves, proof, flags) = (new bytes32[](size), new bytes32[](nodes.length), new bool[](nodes.length));
        (uint256 leafCount, uint256 proofCount, uint256 flagCount) = (0, 0, 0);
        for (uint256 i = nodes.length; i > size - 1; i--) {
            if (chosen & (1 << (i - size)) == 0) continue;
            known[i - 1] = true;
            leaves[leafCount++] = nodes[i - 1];
        }
        for (uint256 i = nodes.length - 1; i > 1; i -= 2) {
            bool both = known[i] && known[i - 1];
            if (!known[i] && !known[i - 1]) continue;
            if (!both) proof[proofCount++] = known[i] ? nodes[i - 1] : nodes[i];
            flags[flagCount++] = both;
            known[i / 2 - 1] = true;
        }
        assembly ("memory-safe") {
            mstore(leaves, leafCount)
            mstore(proof, proofCount)
            mstore(flags, flagCount)
        }
    }

    function _hash(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
