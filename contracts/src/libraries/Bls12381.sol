// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Verifies BLS signatures over BLS12-381 with the precompiles of EIP-2537. Keys are in G1, signatures in G2.
///         RFC 9380 hashes a message of 32 bytes, under the tag of the proof-of-possession ciphersuite.
/// @dev A precompile burns all its gas on a malformed point, so each call's gas is capped at its price. On a chain
///      without the precompile a call "succeeds" and returns nothing, so the size of the result is checked. The pairing
///      rejects points outside the subgroup. The addition does not, so only checked points may reach it.
library Bls12381 {
    /// @notice A point (x, y) of G1.
    /// @dev A field element is 48 bytes, big-endian, at the low end of two words. The point at infinity is all zero.
    struct G1 {
        uint256 xHi;
        uint256 xLo;
        uint256 yHi;
        uint256 yLo;
    }

    /// @notice A point (x, y) of G2.
    /// @dev x = x0 + x1·u and y = y0 + y1·u, each coefficient in two words.
    struct G2 {
        uint256 x0Hi;
        uint256 x0Lo;
        uint256 x1Hi;
        uint256 x1Lo;
        uint256 y0Hi;
        uint256 y0Lo;
        uint256 y1Hi;
        uint256 y1Lo;
    }

    uint256 internal constant G1_BYTES = 128;
    uint256 internal constant G2_BYTES = 256;

    /// @notice Thrown if the chain lacks a precompile of EIP-2537, or if a precompile fails or gives a wrong result.
    /// @param precompile The address of the precompile
    error PrecompileUnusable(address precompile);

    address private constant SHA256 = address(0x02);
    address private constant MODEXP = address(0x05);
    address private constant G1_ADD = address(0x0b);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING = address(0x0f);
    address private constant MAP_FP2_TO_G2 = address(0x11);

    // Prices of EIP-2537. For MODEXP: the price of these input sizes by EIP-7883, with a margin.
    uint256 private constant G1_ADD_GAS = 375;
    uint256 private constant G2_ADD_GAS = 600;
    uint256 private constant MAP_FP2_TO_G2_GAS = 23_800;
    uint256 private constant PAIRING_OF_TWO_GAS = 2 * 32_600 + 37_700;
    uint256 private constant MODEXP_GAS = 1_000;

    /// @dev The prime of the base field.
    uint256 private constant P_HI = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LO = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The negated generator of G1.
    uint256 private constant NEGATED_X_HI = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant NEGATED_X_LO = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant NEGATED_Y_HI = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant NEGATED_Y_LO = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    /// @dev The domain separation tag and its length, as RFC 9380 appends them: 44 bytes in total.
    bytes32 private constant DST_START = "BLS_SIG_BLS12381G2_XMD:SHA-256_S";
    bytes32 private constant DST_END_AND_LENGTH = "SWU_RO_POP_\x2b";

    // ------------------------------------------------------------------ decoding

    /// @notice Reads a G1 point. The point is not checked.
    /// @param encoded The point in EIP-2537 encoding; the caller must check that the length is 128 bytes
    /// @return point The point
    function g1(bytes calldata encoded) internal pure returns (G1 memory point) {
        assembly ("memory-safe") {
            calldatacopy(point, encoded.offset, 128)
        }
    }

    /// @notice Reads a G2 point. The point is not checked.
    /// @param encoded The point in EIP-2537 encoding; the caller must check that the length is 256 bytes
    /// @return point The point
    function g2(bytes calldata encoded) internal pure returns (G2 memory point) {
        assembly ("memory-safe") {
            calldatacopy(point, encoded.offset, 256)
        }
    }

    /// @notice Tells whether a G1 point is the point at infinity.
    /// @param point The point
    /// @return True if the point is the point at infinity
    function isInfinity(G1 memory point) internal pure returns (bool) {
        return (point.xHi | point.xLo | point.yHi | point.yLo) == 0;
    }

    /// @notice Tells whether a G2 point is the point at infinity.
    /// @param point The point
    /// @return True if the point is the point at infinity
    function isInfinity(G2 memory point) internal pure returns (bool) {
        return
            (point.x0Hi | point.x0Lo | point.x1Hi | point.x1Lo | point.y0Hi | point.y0Lo | point.y1Hi | point.y1Lo) ==
            0;
    }

    // ------------------------------------------------------------------ verification

    /// @notice Tells whether e(key, H(message)) = e(generator, signature). A point that is malformed or outside its
    ///         subgroup gives false. The point at infinity can pass, so the caller must reject it.
    /// @param key The public key, or a sum of public keys
    /// @param message The message, 32 bytes
    /// @param signature The signature, or a sum of signatures
    /// @return True if the signature holds
    function verify(G1 memory key, bytes32 message, G2 memory signature) internal view returns (bool) {
        return pairingIsOne(key, hashToG2(message), negatedGenerator(), signature);
    }

    /// @notice Tells whether e(key, H(first) + H(second)) = e(generator, sum): whether `sum` is the sum of the key's
    ///         signatures over both messages. One pairing checks both signatures.
    /// @dev The same conditions as for `verify`. The messages must differ: twice one signature passes for two equal ones.
    /// @param key The public key
    /// @param first The first message, 32 bytes
    /// @param second The second message, 32 bytes
    /// @param sum The sum of the two signatures
    /// @return True if the equation holds
    function verifySum(G1 memory key, bytes32 first, bytes32 second, G2 memory sum) internal view returns (bool) {
        G2 memory messages = hashToG2(first);
        addInto(messages, hashToG2(second));
        return pairingIsOne(key, messages, negatedGenerator(), sum);
    }

    /// @notice Tells whether e(a1, a2)·e(b1, b2) = 1. A point that is malformed or outside its subgroup gives false.
    /// @param a1 The G1 point of the first pair
    /// @param a2 The G2 point of the first pair
    /// @param b1 The G1 point of the second pair
    /// @param b2 The G2 point of the second pair
    /// @return result True if the equation holds
    function pairingIsOne(G1 memory a1, G2 memory a2, G1 memory b1, G2 memory b2) internal view returns (bool result) {
        bytes memory input = new bytes(2 * (G1_BYTES + G2_BYTES));
        address precompile = PAIRING;
        uint256 gasCap = PAIRING_OF_TWO_GAS;
        assembly ("memory-safe") {
            let data := add(input, 32)
            mcopy(data, a1, 128)
            mcopy(add(data, 128), a2, 256)
            mcopy(add(data, 384), b1, 128)
            mcopy(add(data, 512), b2, 256)
            mstore(0, 0)
            let done := staticcall(gasCap, precompile, data, 768, 0, 32)
            result := and(and(done, eq(returndatasize(), 32)), eq(mload(0), 1))
        }
    }

    // ------------------------------------------------------------------ G1

    /// @notice Adds `point` to `sum`, in place. Reverts with `PrecompileUnusable`.
    /// @param sum The first point, and the result; must be on the curve
    /// @param point The second point; must be on the curve
    function addInto(G1 memory sum, G1 memory point) internal view {
        address precompile = G1_ADD;
        uint256 gasCap = G1_ADD_GAS;
        bool usable;
        assembly ("memory-safe") {
            let data := mload(0x40) // scratch memory: the free pointer does not move
            mcopy(data, sum, 128)
            mcopy(add(data, 128), point, 128)
            let done := staticcall(gasCap, precompile, data, 256, sum, 128)
            usable := and(done, eq(returndatasize(), 128))
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    /// @notice Adds the second point of a pair to the first, in place. Reverts with `PrecompileUnusable`.
    /// @dev Copies nothing, so it is cheaper in a loop than `addInto`.
    /// @param pair The two points, one after the other; both must be on the curve
    function addSecond(bytes memory pair) internal view {
        address precompile = G1_ADD;
        uint256 gasCap = G1_ADD_GAS;
        bool usable;
        assembly ("memory-safe") {
            let sum := add(pair, 32)
            let done := staticcall(gasCap, precompile, sum, 256, sum, 128)
            usable := and(done, eq(returndatasize(), 128))
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    /// @notice The negative of a point.
    /// @param point The point
    /// @return The point with y negated; the point at infinity stays as it is
    function negate(G1 memory point) internal pure returns (G1 memory) {
        if (isInfinity(point)) return point;
        unchecked {
            uint256 borrow = point.yLo > P_LO ? 1 : 0;
            return G1(point.xHi, point.xLo, P_HI - point.yHi - borrow, P_LO - point.yLo);
        }
    }

    /// @notice The negated generator of G1.
    /// @return The point
    function negatedGenerator() internal pure returns (G1 memory) {
        return G1(NEGATED_X_HI, NEGATED_X_LO, NEGATED_Y_HI, NEGATED_Y_LO);
    }

    // ------------------------------------------------------------------ G2

    /// @notice Adds `point` to `sum`, in place. Reverts with `PrecompileUnusable`.
    /// @param sum The first point, and the result; must be on the curve
    /// @param point The second point; must be on the curve
    function addInto(G2 memory sum, G2 memory point) internal view {
        address precompile = G2_ADD;
        uint256 gasCap = G2_ADD_GAS;
        bool usable;
        assembly ("memory-safe") {
            let data := mload(0x40) // scratch memory: the free pointer does not move
            mcopy(data, sum, 256)
            mcopy(add(data, 256), point, 256)
            let done := staticcall(gasCap, precompile, data, 512, sum, 256)
            usable := and(done, eq(returndatasize(), 256))
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    // ------------------------------------------------------------------ hash to curve

    /// @notice Hashes a message to G2: RFC 9380, suite BLS12381G2_XMD:SHA-256_SSWU_RO_. Reverts with
    ///         `PrecompileUnusable`.
    /// @param message The message, 32 bytes
    /// @return point The point, which is in the subgroup
    function hashToG2(bytes32 message) internal view returns (G2 memory point) {
        bytes memory uniform = expandMessage(message);
        address mapper = MAP_FP2_TO_G2;
        uint256 mapGas = MAP_FP2_TO_G2_GAS;
        address adder = G2_ADD;
        uint256 addGas = G2_ADD_GAS;
        for (uint256 i = 0; i < 4; i++) {
            reduceInPlace(uniform, 64 * i);
        }
        bool mapped;
        bool added;
        assembly ("memory-safe") {
            let elements := add(uniform, 32)
            let pair := mload(0x40)
            // Yul evaluates arguments from right to left, so a call and the size of its result need two statements.
            let first := staticcall(mapGas, mapper, elements, 128, pair, 256)
            first := and(first, eq(returndatasize(), 256))
            let second := staticcall(mapGas, mapper, add(elements, 128), 128, add(pair, 256), 256)
            mapped := and(first, and(second, eq(returndatasize(), 256)))
            let last := staticcall(addGas, adder, pair, 512, point, 256)
            added := and(last, eq(returndatasize(), 256))
        }
        if (!mapped) revert PrecompileUnusable(mapper);
        if (!added) revert PrecompileUnusable(adder);
    }

    /// @dev expand_message_xmd of RFC 9380, section 5.3.1, for 256 bytes: eight blocks of SHA-256.
    function expandMessage(bytes32 message) private view returns (bytes memory uniform) {
        uniform = new bytes(256);
        bytes32 tag = DST_START;
        bytes32 tagEnd = DST_END_AND_LENGTH;
        address precompile = SHA256;
        bool usable;
        assembly ("memory-safe") {
            let out := add(uniform, 32)
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
            let previous := 0
            for {
                let i := 1
            } lt(i, 9) {
                i := add(i, 1)
            } {
                mstore(data, xor(first, previous))
                mstore8(add(data, 32), i)
                let done := staticcall(gas(), precompile, data, 77, out, 32)
                usable := and(usable, done)
                previous := mload(out)
                out := add(out, 32)
            }
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    /// @dev Reduces the 64 bytes at `offset` modulo the prime, in place: MODEXP with exponent one.
    function reduceInPlace(bytes memory uniform, uint256 offset) private view {
        bool usable;
        address precompile = MODEXP;
        uint256 gasCap = MODEXP_GAS;
        assembly ("memory-safe") {
            let element := add(add(uniform, 32), offset)
            let data := mload(0x40)
            mstore(data, 64) // length of the base
            mstore(add(data, 32), 1) // length of the exponent
            mstore(add(data, 64), 64) // length of the modulus
            mcopy(add(data, 96), element, 64)
            mstore8(add(data, 160), 1)
            mstore(add(data, 161), P_HI)
            mstore(add(data, 193), P_LO)
            let done := staticcall(gasCap, precompile, data, 225, element, 64)
            usable := and(done, eq(returndatasize(), 64))
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    // ------------------------------------------------------------------ self-test

    /// @notice Checks in constructors that the precompiles accept a true equation and reject a false one. Reverts with
    ///         `PrecompileUnusable`.
    function requirePrecompiles() internal view {
        G2 memory point = hashToG2(0);
        G1 memory negated = negatedGenerator();
        G1 memory generator = negate(negated);
        if (!pairingIsOne(generator, point, negated, point)) revert PrecompileUnusable(PAIRING);
        if (pairingIsOne(generator, point, generator, point)) revert PrecompileUnusable(PAIRING);
        addInto(generator, negated);
        if (!isInfinity(generator)) revert PrecompileUnusable(G1_ADD);
    }
}
