// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BaseField} from "./BaseField.sol";
import {Bls12381} from "./Bls12381.sol";

/// @notice Hashes messages to G2: RFC 9380, suite BLS12381G2_XMD:SHA-256_SSWU_RO_, under the tag of the
///         proof-of-possession ciphersuite.
library HashToG2 {
    address private constant SHA256 = address(0x02);
    address private constant G2_ADD = address(0x0d);
    address private constant MAP_FP2_TO_G2 = address(0x11);

    // Caps, from the prices of EIP-2537.
    uint256 private constant G2_ADD_GAS = Bls12381.PRICE_ROOM * 600;
    uint256 private constant MAP_FP2_TO_G2_GAS = Bls12381.PRICE_ROOM * 23_800;

    /// @dev The domain separation tag and its length, as RFC 9380 appends them: 44 bytes in total.
    bytes32 private constant DST_START = "BLS_SIG_BLS12381G2_XMD:SHA-256_S";
    bytes32 private constant DST_END_AND_LENGTH = "SWU_RO_POP_\x2b";

    /// @notice Writes the point of a message to a place in memory. Works in scratch memory, where that place may lie.
    ///         Reverts with `Bls12381.PrecompileUnusable`.
    /// @param message The message, 32 bytes
    /// @param out The place, for 256 bytes
    function write(bytes32 message, uint256 out) internal view {
        uint256 elements;
        assembly ("memory-safe") {
            elements := add(mload(0x40), 512)
        }
        _expandMessage(message, elements);
        for (uint256 i = 0; i < 4; ++i) {
            _reduce(elements + 64 * i);
        }
        address mapper = MAP_FP2_TO_G2;
        uint256 mapGas = MAP_FP2_TO_G2_GAS;
        address adder = G2_ADD;
        uint256 addGas = G2_ADD_GAS;
        bool mapped;
        bool added;
        assembly ("memory-safe") {
            let pair := mload(0x40)
            // Yul evaluates arguments from right to left, so a call and the size of its result need two statements.
            let first := staticcall(mapGas, mapper, elements, 128, pair, 256)
            first := and(first, eq(returndatasize(), 256))
            let second := staticcall(mapGas, mapper, add(elements, 128), 128, add(pair, 256), 256)
            mapped := and(first, and(second, eq(returndatasize(), 256)))
            let last := staticcall(addGas, adder, pair, 512, out, 256)
            added := and(last, eq(returndatasize(), 256))
        }
        if (!mapped) revert Bls12381.PrecompileUnusable(mapper);
        if (!added) revert Bls12381.PrecompileUnusable(adder);
    }

    /// @dev Reduces the 64 bytes at a place in memory modulo the prime.
    function _reduce(uint256 place) private pure {
        uint256 high;
        uint256 low;
        assembly ("memory-safe") {
            high := mload(place)
            low := mload(add(place, 32))
        }
        (high, low) = BaseField.reduce(high, low);
        assembly ("memory-safe") {
            mstore(place, high)
            mstore(add(place, 32), low)
        }
    }

    /// @dev expand_message_xmd of RFC 9380, section 5.3.1: eight blocks of SHA-256, written to a place in memory.
    function _expandMessage(bytes32 message, uint256 out) private view {
        bytes32 tag = DST_START;
        bytes32 tagEnd = DST_END_AND_LENGTH;
        address precompile = SHA256;
        bool usable;
        assembly ("memory-safe") {
            let data := mload(0x40)
            // b0 = H(64 zeros | message | 256 as two bytes | 0 | tag); the message starts at 64
            calldatacopy(data, calldatasize(), 64)
            mstore(add(data, 64), message)
            mstore(add(data, 96), shl(232, 0x010000))
            mstore(add(data, 99), tag)
            mstore(add(data, 131), tagEnd)
            usable := staticcall(gas(), precompile, data, 143, 0, 32)
            usable := and(usable, eq(returndatasize(), 32))
            let first := mload(0)
            // bi = H(b0 xor b(i-1) | i | tag); the first block takes b0 alone
            mstore(add(data, 33), tag)
            mstore(add(data, 65), tagEnd)
            let counter := add(data, 32)
            let previous := 0
            for {
                let i := 1
            } lt(i, 9) {
                i := add(i, 1)
            } {
                mstore(data, xor(first, previous))
                mstore8(counter, i)
                usable := and(usable, staticcall(gas(), precompile, data, 77, out, 32))
                previous := mload(out)
                out := add(out, 32)
            }
        }
        if (!usable) revert Bls12381.PrecompileUnusable(precompile);
    }
}
