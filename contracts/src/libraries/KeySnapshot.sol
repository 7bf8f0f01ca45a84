// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Bls12381} from "./Bls12381.sol";

/// @notice Stores a frozen set as the code of contracts. Code costs a tenth of storage to write, and little to read. The
///         records are in chunks, so that a freeze writes again only the chunks that change.
/// @dev Layout in bytes. Head: STOP (1), size (1), aggregate key (96), then the address of each chunk (20). Chunk: STOP
///      (1), then for each of up to 16 verifiers its key (96) and its index (4). A key is packed: two coordinates of
///      48 bytes each. A chunk may hold records beyond the size; they have no meaning.
library KeySnapshot {
    /// @notice A snapshot to be written.
    struct Draft {
        uint256 size;
        Bls12381.G1 aggregate;
        address[] chunks; // of the snapshot before, as far as there are any
        bytes[] changed; // the new code of each chunk, or nothing if the chunk stays
    }

    uint256 internal constant KEY_BYTES = 96;
    uint256 private constant RECORD_BYTES = KEY_BYTES + 4;
    uint256 private constant CHUNK_RECORDS = 16;
    uint256 private constant AGGREGATE_AT = 2;
    uint256 private constant CHUNKS_AT = AGGREGATE_AT + KEY_BYTES;

    /// @notice Thrown if a contract of the snapshot cannot be created, for example for lack of gas.
    error SnapshotFailed();

    // ------------------------------------------------------------------ writing

    /// @notice Starts a snapshot from another one.
    /// @param head The head of the other snapshot, or zero for an empty one
    /// @param size The number of verifiers of the new one
    /// @return draft The snapshot, with the aggregate key of the other one
    function draftFrom(address head, uint256 size) internal view returns (Draft memory draft) {
        uint256 number = Math.ceilDiv(size, CHUNK_RECORDS);
        draft.size = size;
        draft.chunks = new address[](number);
        draft.changed = new bytes[](number);
        if (head == address(0)) return draft;
        uint256 sizeBefore;
        (sizeBefore, draft.aggregate) = sumOfAll(head);
        uint256 kept = Math.min(number, Math.ceilDiv(sizeBefore, CHUNK_RECORDS));
        for (uint256 i = 0; i < kept; i++) draft.chunks[i] = chunkAt(head, i);
    }

    /// @notice Writes the record of one verifier. The aggregate key stays as it is.
    /// @param draft The snapshot
    /// @param position The verifier's position in the set, counted from 0
    /// @param key The verifier's key
    /// @param index The verifier's registry index
    function setRecord(Draft memory draft, uint256 position, Bls12381.G1 memory key, uint32 index) internal view {
        uint256 chunk = position / CHUNK_RECORDS;
        if (draft.changed[chunk].length == 0) {
            uint256 records = Math.min(CHUNK_RECORDS, draft.size - chunk * CHUNK_RECORDS);
            draft.changed[chunk] = load(draft.chunks[chunk], records);
        }
        bytes memory data = draft.changed[chunk];
        uint256 offset = recordAt(position);
        putKey(data, offset, key);
        assembly ("memory-safe") {
            let p := add(add(data, 32), add(offset, 96))
            mstore8(p, shr(24, index))
            mstore8(add(p, 1), shr(16, index))
            mstore8(add(p, 2), shr(8, index))
            mstore8(add(p, 3), index)
        }
    }

    /// @notice Creates the contracts of the snapshot: the changed chunks and the head. Reverts with `SnapshotFailed`.
    /// @param draft The snapshot
    /// @return head The address of the head
    function create(Draft memory draft) internal returns (address head) {
        bytes memory data = new bytes(CHUNKS_AT + 20 * draft.chunks.length);
        data[1] = bytes1(uint8(draft.size));
        putKey(data, AGGREGATE_AT, draft.aggregate);
        for (uint256 i = 0; i < draft.chunks.length; i++) {
            address chunk = draft.changed[i].length == 0 ? draft.chunks[i] : deploy(draft.changed[i]);
            uint256 offset = CHUNKS_AT + 20 * i;
            assembly ("memory-safe") {
                mstore(0, chunk)
                mcopy(add(add(data, 32), offset), 12, 20)
            }
        }
        return deploy(data);
    }

    /// @dev The code of a chunk, cut or filled with zeros to a number of records.
    function load(address chunk, uint256 records) private view returns (bytes memory data) {
        data = new bytes(1 + records * RECORD_BYTES);
        if (chunk == address(0)) return data;
        assembly ("memory-safe") {
            extcodecopy(chunk, add(data, 32), 0, mload(data))
        }
    }

    /// @dev Creates a contract with this code, of at most 24,576 bytes (EIP-170).
    function deploy(bytes memory code) private returns (address created) {
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns the bytes after it
        bytes memory creation = bytes.concat(hex"61", bytes2(uint16(code.length)), hex"80600a3d393df3", code);
        assembly ("memory-safe") {
            created := create(0, add(creation, 32), mload(creation))
        }
        if (created == address(0)) revert SnapshotFailed();
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
    /// @param head The head of the snapshot
    /// @return size The number
    function sizeOf(address head) internal view returns (uint256 size) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(head, 31, 1, 1)
            size := mload(0)
        }
    }

    /// @notice The size and the aggregate key of a snapshot: cheaper than one after the other.
    /// @param head The head of the snapshot
    /// @return size The number of verifiers
    /// @return key The sum of their keys
    function sumOfAll(address head) internal view returns (uint256 size, Bls12381.G1 memory key) {
        assembly ("memory-safe") {
            let data := mload(0x40) // scratch memory: the free pointer does not move
            mstore(data, 0)
            extcodecopy(head, add(data, 31), 1, 97) // the size at the end of a word, then the packed key
            size := mload(data)
            mcopy(add(key, 16), add(data, 32), 48)
            mcopy(add(key, 80), add(data, 80), 48)
        }
    }

    /// @notice The sum of the keys at some positions.
    /// @param head The head of the snapshot
    /// @param positions The positions, ascending; the caller must check that they are in range
    /// @return sum The sum of the keys
    function sumOf(address head, uint32[] calldata positions) internal view returns (Bls12381.G1 memory sum) {
        bytes memory pair = new bytes(2 * Bls12381.G1_BYTES); // the sum so far, then the next key
        Bls12381.G1 memory next;
        assembly ("memory-safe") {
            sum := add(pair, 32)
            next := add(pair, 160)
        }
        address chunk;
        uint256 known = type(uint256).max;
        unchecked {
            for (uint256 i = 0; i < positions.length; ++i) {
                uint256 wanted = positions[i] / CHUNK_RECORDS;
                if (wanted != known) (chunk, known) = (chunkAt(head, wanted), wanted);
                readKey(chunk, recordAt(positions[i]), next);
                Bls12381.addSecond(pair);
            }
        }
    }

    /// @notice The verifier at a position.
    /// @param head The head of the snapshot
    /// @param position The position; the caller must check that it is in range
    /// @return index The registry index
    /// @return key The key
    function memberAt(address head, uint256 position) internal view returns (uint32 index, Bls12381.G1 memory key) {
        address chunk = chunkAt(head, position / CHUNK_RECORDS);
        uint256 offset = recordAt(position);
        readKey(chunk, offset, key);
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(chunk, 28, add(offset, 96), 4)
            index := mload(0)
        }
    }

    /// @dev The address of a chunk.
    function chunkAt(address head, uint256 number) private view returns (address chunk) {
        uint256 offset = CHUNKS_AT + 20 * number;
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(head, 12, offset, 20)
            chunk := mload(0)
        }
    }

    /// @dev The offset of a position's record in its chunk.
    function recordAt(uint256 position) private pure returns (uint256) {
        return 1 + (position % CHUNK_RECORDS) * RECORD_BYTES;
    }

    /// @dev Reads the packed key at an offset into `key`.
    function readKey(address code, uint256 offset, Bls12381.G1 memory key) private view {
        assembly ("memory-safe") {
            extcodecopy(code, add(key, 16), offset, 48)
            extcodecopy(code, add(key, 80), add(offset, 48), 48)
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
