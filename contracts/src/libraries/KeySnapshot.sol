// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bls12381} from "./Bls12381.sol";

/// @notice A frozen set as the code of a contract, which costs a tenth of storage to write and next to nothing to read:
///         STOP | aggregate key 96 | for each verifier: key 96, index 4.
/// @dev Keys are packed: two coordinates of 48 bytes each.
library KeySnapshot {
    uint256 internal constant KEY_BYTES = 96;
    uint256 private constant RECORD_BYTES = KEY_BYTES + 4;
    uint256 private constant HEAD_BYTES = 1 + KEY_BYTES;

    /// @notice Creating the snapshot's contract failed.
    error SnapshotFailed();

    // ------------------------------------------------------------------ writing

    /// @return data room for the aggregate and `size` records
    function allocate(uint256 size) internal pure returns (bytes memory data) {
        return new bytes(HEAD_BYTES + size * RECORD_BYTES);
    }

    function setAggregate(bytes memory data, Bls12381.G1 memory key) internal pure {
        putKey(data, 1, key);
    }

    function setRecord(bytes memory data, uint256 position, Bls12381.G1 memory key, uint32 index) internal pure {
        uint256 offset = HEAD_BYTES + position * RECORD_BYTES;
        putKey(data, offset, key);
        assembly ("memory-safe") {
            let p := add(add(data, 32), add(offset, 96))
            mstore8(p, shr(24, index))
            mstore8(add(p, 1), shr(16, index))
            mstore8(add(p, 2), shr(8, index))
            mstore8(add(p, 3), index)
        }
    }

    function create(bytes memory data) internal returns (address snapshot) {
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns what follows it
        bytes memory creation = bytes.concat(hex"61", bytes2(uint16(data.length)), hex"80600a3d393df3", data);
        assembly ("memory-safe") {
            snapshot := create(0, add(creation, 32), mload(creation))
        }
        if (snapshot == address(0)) revert SnapshotFailed();
    }

    function putKey(bytes memory data, uint256 offset, Bls12381.G1 memory key) private pure {
        bytes memory packed = pack(key);
        assembly ("memory-safe") {
            mcopy(add(add(data, 32), offset), add(packed, 32), 96)
        }
    }

    // ------------------------------------------------------------------ reading

    function sizeOf(address snapshot) internal view returns (uint256) {
        return (snapshot.code.length - HEAD_BYTES) / RECORD_BYTES;
    }

    function aggregateOf(address snapshot) internal view returns (Bls12381.G1 memory key) {
        readKey(snapshot, 1, key);
    }

    /// @notice The sum of the keys at the given positions, which the caller has checked to be in range.
    function sumOf(address snapshot, uint32[] calldata positions) internal view returns (Bls12381.G1 memory sum) {
        bytes memory pair = new bytes(2 * Bls12381.G1_BYTES); // the sum so far, and the next key
        Bls12381.G1 memory next;
        assembly ("memory-safe") {
            sum := add(pair, 32)
            next := add(pair, 160)
        }
        unchecked {
            for (uint256 i = 0; i < positions.length; ++i) {
                readKey(snapshot, HEAD_BYTES + positions[i] * RECORD_BYTES, next);
                Bls12381.addSecond(pair);
            }
        }
    }

    function indexAt(address snapshot, uint256 position) internal view returns (uint32 index) {
        uint256 offset = HEAD_BYTES + position * RECORD_BYTES + KEY_BYTES;
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(snapshot, 28, offset, 4)
            index := mload(0)
        }
    }

    function readKey(address snapshot, uint256 offset, Bls12381.G1 memory key) private view {
        assembly ("memory-safe") {
            extcodecopy(snapshot, add(key, 16), offset, 48)
            extcodecopy(snapshot, add(key, 80), add(offset, 48), 48)
        }
    }

    // ------------------------------------------------------------------ packing

    /// @notice The 96 bytes of both coordinates.
    function pack(Bls12381.G1 memory key) internal pure returns (bytes memory) {
        return abi.encodePacked(uint128(key.xHi), key.xLo, uint128(key.yHi), key.yLo);
    }
}
