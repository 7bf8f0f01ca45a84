// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Checks that several leaves are in one Merkle tree. The format is that of OpenZeppelin's `MerkleProof`, whose
///         own check costs four times as much for each node. The tests compare the two.
library MultiProof {
    /// @notice Tells whether a proof leads from leaves to a root. Each step combines the oldest hash at hand with the next
    ///         one at hand if its flag is set, and with the next hash of the proof otherwise.
    /// @param root The root
    /// @param leaves The hashes of the leaves, at least one, in the order of the tree
    /// @param proof The hashes that the leaves do not give
    /// @param flags For each step: true if both hashes are at hand
    /// @return valid True if the steps use every hash, so that one is left, and end at the root
    function verify(
        bytes32 root,
        bytes32[] memory leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) internal pure returns (bool valid) {
        if (leaves.length == 0 || leaves.length + proof.length != flags.length + 1) return false;
        assembly ("memory-safe") {
            // The hashes at hand, in scratch memory: those from `next` to `end` are not used yet.
            let next := mload(0x40)
            let end := add(next, shl(5, mload(leaves)))
            mcopy(next, add(leaves, 32), sub(end, next))
            let given := proof.offset
            let flag := flags.offset
            let lastFlag := add(flag, shl(5, flags.length))
            valid := 1
            for {} lt(flag, lastFlag) {
                flag := add(flag, 32)
            } {
                let a := mload(next)
                next := add(next, 32)
                let b
                switch calldataload(flag)
                case 0 {
                    b := calldataload(given)
                    given := add(given, 32)
                }
                default {
                    b := mload(next)
                    next := add(next, 32)
                }
                if gt(next, end) {
                    valid := 0
                    break
                }
                switch lt(a, b)
                case 0 {
                    mstore(0, b)
                    mstore(32, a)
                }
                default {
                    mstore(0, a)
                    mstore(32, b)
                }
                mstore(end, keccak256(0, 64))
                end := add(end, 32)
            }
            valid := and(valid, and(eq(add(next, 32), end), eq(mload(next), root)))
        }
    }
}
