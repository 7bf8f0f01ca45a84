// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice BLS signatures over BLS12-381 by the precompiles of EIP-2537: keys in G1, signatures in G2, messages of 32
///         bytes hashed by RFC 9380 under the proof-of-possession ciphersuite's tag (the one of most libraries).
/// @dev A precompile that is given a malformed point burns all gas it was given, so each call's gas is capped at its
///      price; and on a chain without the precompile a call "succeeds" with nothing, so the size of what came back is
///      checked. Pairing rejects points outside the subgroup; addition does not, so nothing reaches it unchecked.
library Bls12381 {
    /// @dev A field element is 48 bytes, big-endian, in the low end of two words. All zero is the point at infinity.
    struct G1 {
        uint256 xHi;
        uint256 xLo;
        uint256 yHi;
        uint256 yLo;
    }

    /// @dev x = x0 + x1·u, y = y0 + y1·u, each coefficient in two words.
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

    /// @notice The chain lacks a precompile of EIP-2537, or it does not do what it should.
    error PrecompileUnusable(address precompile);

    address private constant SHA256 = address(0x02);
    address private constant MODEXP = address(0x05);
    address private constant G1_ADD = address(0x0b);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING = address(0x0f);
    address private constant MAP_FP2_TO_G2 = address(0x11);

    // Prices: EIP-2537; for MODEXP what our input sizes cost (EIP-7883), with room.
    uint256 private constant G1_ADD_GAS = 375;
    uint256 private constant G2_ADD_GAS = 600;
    uint256 private constant MAP_FP2_TO_G2_GAS = 23_800;
    uint256 private constant PAIRING_OF_TWO_GAS = 2 * 32_600 + 37_700;
    uint256 private constant MODEXP_GAS = 1_000;

    /// @dev The field's prime.
    uint256 private constant P_HI = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LO = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The generator of G1, negated.
    uint256 private constant NEGATED_X_HI = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant NEGATED_X_LO = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant NEGATED_Y_HI = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant NEGATED_Y_LO = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

    /// @dev Domain separation tag and its length, as RFC 9380 appends them: 44 bytes in all.
    bytes32 private constant DST_START = "BLS_SIG_BLS12381G2_XMD:SHA-256_S";
    bytes32 private constant DST_END_AND_LENGTH = "SWU_RO_POP_\x2b";

    // ------------------------------------------------------------------ decoding

    /// @dev The caller has checked the length.
    function g1(bytes calldata encoded) internal pure returns (G1 memory point) {
        assembly ("memory-safe") {
            calldatacopy(point, encoded.offset, 128)
        }
    }

    /// @dev The caller has checked the length.
    function g2(bytes calldata encoded) internal pure returns (G2 memory point) {
        assembly ("memory-safe") {
            calldatacopy(point, encoded.offset, 256)
        }
    }

    function isInfinity(G1 memory point) internal pure returns (bool) {
        return (point.xHi | point.xLo | point.yHi | point.yLo) == 0;
    }

    function isInfinity(G2 memory point) internal pure returns (bool) {
        return
            (point.x0Hi | point.x0Lo | point.x1Hi | point.x1Lo | point.y0Hi | point.y0Lo | point.y1Hi | point.y1Lo) ==
            0;
    }

    // ------------------------------------------------------------------ verification

    /// @notice e(key, H(message)) = e(generator, signature). False also for points that are malformed or outside their
    ///         subgroup. Infinity passes: the caller rejects it.
    function verify(G1 memory key, bytes32 message, G2 memory signature) internal view returns (bool) {
        return pairingIsOne(key, hashToG2(message), negatedGenerator(), signature);
    }

    /// @notice e(a1, a2)·e(b1, b2) = 1.
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

    /// @dev Both points must be known to be on the curve. Writes into `sum`.
    function addInto(G1 memory sum, G1 memory point) internal view {
        address precompile = G1_ADD;
        uint256 gasCap = G1_ADD_GAS;
        bool usable;
        assembly ("memory-safe") {
            let data := mload(0x40) // beyond the free pointer, which stays where it is
            mcopy(data, sum, 128)
            mcopy(add(data, 128), point, 128)
            let done := staticcall(gasCap, precompile, data, 256, sum, 128)
            usable := and(done, eq(returndatasize(), 128))
        }
        if (!usable) revert PrecompileUnusable(precompile);
    }

    /// @dev Adds the second of two points, one after the other in memory, to the first. Cheaper in a loop: copies nothing.
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

    function negate(G1 memory point) internal pure returns (G1 memory) {
        if (isInfinity(point)) return point;
        unchecked {
            uint256 borrow = point.yLo > P_LO ? 1 : 0;
            return G1(point.xHi, point.xLo, P_HI - point.yHi - borrow, P_LO - point.yLo);
        }
    }

    function negatedGenerator() internal pure returns (G1 memory) {
        return G1(NEGATED_X_HI, NEGATED_X_LO, NEGATED_Y_HI, NEGATED_Y_LO);
    }

    // ------------------------------------------------------------------ hash to curve

    /// @notice RFC 9380, BLS12381G2_XMD:SHA-256_SSWU_RO_ with the tag above.
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
            // Arguments are evaluated from the right, so a call and the size of what it returned need two statements.
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

    /// @dev RFC 9380 section 5.3.1, expand_message_xmd for 256 bytes: eight blocks of SHA-256.
    function expandMessage(bytes32 message) private view returns (bytes memory uniform) {
        uniform = new bytes(256);
        bytes32 tag = DST_START;
        bytes32 tagEnd = DST_END_AND_LENGTH;
        address precompile = SHA256;
        bool usable;
        assembly ("memory-safe") {
            let out := add(uniform, 32)
            let data := mload(0x40)
            // b0 = H(64 zeros | message | 256 as two bytes | 0 | tag); message to tag end at 64
            calldatacopy(data, calldatasize(), 64)
            mstore(add(data, 64), message)
            mstore(add(data, 96), shl(232, 0x010000))
            mstore(add(data, 99), tag)
            mstore(add(data, 131), tagEnd)
            usable := staticcall(gas(), precompile, data, 143, 0, 32)
            usable := and(usable, eq(returndatasize(), 32))
            let first := mload(0)
            // bi = H(b0 xor b(i-1) | i | tag), with b0 alone for the first
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

    /// @dev Reduces the 64 bytes at `offset` modulo the prime, as two words: modexp with exponent one.
    function reduceInPlace(bytes memory uniform, uint256 offset) private view {
        bool usable;
        address precompile = MODEXP;
        uint256 gasCap = MODEXP_GAS;
        assembly ("memory-safe") {
            let element := add(add(uniform, 32), offset)
            let data := mload(0x40)
            mstore(data, 64) // length of the base
            mstore(add(data, 32), 1) // of the exponent
            mstore(add(data, 64), 64) // of the modulus
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

    /// @notice For constructors: reverts on a chain whose precompiles cannot tell a right equation from a wrong one.
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
