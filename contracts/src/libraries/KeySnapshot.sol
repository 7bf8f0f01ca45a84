// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bls12381} from "./Bls12381.sol";

/// @notice Stores a frozen set as the code of a contract. Code costs a tenth of storage to write, and little to read.
/// @dev Layout in bytes: STOP (1), aggregate key (96), then for each verifier its key (96) and its index (4). A key is
///      packed: two coordinates of 48 bytes each.
library KeySnapshot {
    uint256 internal constant KEY_BYTES = 96;
    uint256 private constant RECORD_BYTES = KEY_BYTES + 4;
    uint256 private constant HEAD_BYTES = 1 + KEY_BYTES;

    /// @notice Thrown if the contract of the snapshot cannot be created, for example for lack of gas.
    error SnapshotFailed();

    // ------------------------------------------------------------------ writing

    /// @notice Reserves memory for a snapshot.
    /// @param size The number of verifiers
    /// @return data Room for the aggregate key and `size` records
    function allocate(uint256 size) internal pure returns (bytes memory data) {
        return new bytes(HEAD_BYTES + size * RECORD_BYTES);
    }

    /// @notice Writes the aggregate key.
    /// @param data The snapshot in memory
    /// @param key The sum of the keys of all verifiers
    function setAggregate(bytes memory data, Bls12381.G1 memory key) internal pure {
        putKey(data, 1, key);
    }

    /// @notice Writes the record of one verifier.
    /// @param data The snapshot in memory
    /// @param position The verifier's position in the set, counted from 0
    /// @param key The verifier's key
    /// @param index The verifier's registry index
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

    /// @notice Creates the contract whose code is the snapshot. Reverts with `SnapshotFailed`.
    /// @param data The snapshot in memory, at most 24,576 bytes (EIP-170)
    /// @return snapshot The address of the contract
    function create(bytes memory data) internal returns (address snapshot) {
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns the bytes after it
        bytes memory creation = bytes.concat(hex"61", bytes2(uint16(data.length)), hex"80600a3d393df3", data);
        assembly ("memory-safe") {
            snapshot := create(0, add(creation, 32), mload(creation))
        }
        if (snapshot == address(0)) revert SnapshotFailed();
    }

    /// @dev Writes a packed key at an offset.
    function putKey(bytes memory data, uint256 offset, Bls12381.G1 memory key) private pure {
        bytes memory packed = pack(key);
        assembly ("memory-safe") {
            mcopy(add(add(data, 32), offset), add(packed, 32), 96)
        }
    }

    // ------------------------------------------------------------------ reading

    /// @notice The number of verifiers in a snapshot.
    /// @param snapshot The contract whose code is the snapshot
    /// @return The number
    function sizeOf(address snapshot) internal view returns (uint256) {
        return (snapshot.code.length - HEAD_BYTES) / RECORD_BYTES;
    }

    /// @notice The aggregate key of a snapshot.
    /// @param snapshot The contract whose code is the snapshot
    /// @return key The sum of the keys of all verifiers
    function aggregateOf(address snapshot) internal view returns (Bls12381.G1 memory key) {
        readKey(snapshot, 1, key);
    }

    /// @notice The sum of the keys at some positions.
    /// @param snapshot The contract whose code is the snapshot
    /// @param positions The positions; the caller must check that they are in range
    /// @return sum The sum of the keys
    function sumOf(address snapshot, uint32[] calldata positions) internal view returns (Bls12381.G1 memory sum) {
        bytes memory pair = new bytes(2 * Bls12381.G1_BYTES); // the sum so far, then the next key
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

    /// @notice The registry index of the verifier at a position.
    /// @param snapshot The contract whose code is the snapshot
    /// @param position The position; the caller must check that it is in range
    /// @return index The registry index
    function indexAt(address snapshot, uint256 position) internal view returns (uint32 index) {
        uint256 offset = HEAD_BYTES + position * RECORD_BYTES + KEY_BYTES;
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(snapshot, 28, offset, 4)
            index := mload(0)
        }
    }

    /// @notice The key of the verifier at a position.
    /// @param snapshot The contract whose code is the snapshot
    /// @param position The position; the caller must check that it is in range
    /// @return key The key
    function keyAt(address snapshot, uint256 position) internal view returns (Bls12381.G1 memory key) {
        readKey(snapshot, HEAD_BYTES + position * RECORD_BYTES, key);
    }

    /// @dev Reads the packed key at an offset into `key`.
    function readKey(address snapshot, uint256 offset, Bls12381.G1 memory key) private view {
        assembly ("memory-safe") {
            extcodecopy(snapshot, add(key, 16), offset, 48)
            extcodecopy(snapshot, add(key, 80), add(offset, 48), 48)
        }
    }

    // ------------------------------------------------------------------ packing

    /// @notice Packs a key: drops the 16 zero bytes in front of each coordinate.
    /// @param key The key
    /// @return The 96 bytes of both coordinates
    function pack(Bls12381.G1 memory key) internal pure returns (bytes memory) {
        return abi.encodePacked(uint128(key.xHi), key.xLo, uint128(key.yHi), key.yLo);
    }
}
