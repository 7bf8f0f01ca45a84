// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BaseField} from "./BaseField.sol";
import {HashToG2} from "./HashToG2.sol";

/// @notice Verifies BLS signatures over BLS12-381 with the precompiles of EIP-2537. Keys are in G1, signatures in G2.
///         RFC 9380 hashes a message of 32 bytes, under the tag of the proof-of-possession ciphersuite.
/// @dev A precompile burns all its gas on a malformed point, so each call's gas is capped, at four times its price: a chain
///      that reprices a precompile must not stop the network, because nobody can replace this code. On a chain
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

    address private constant G1_ADD = address(0x0b);
    address private constant G2_ADD = address(0x0d);
    address private constant PAIRING = address(0x0f);

    /// @dev The room for later prices.
    uint256 internal constant PRICE_ROOM = 4;
    // Caps, from the prices of EIP-2537.
    uint256 private constant G1_ADD_GAS = PRICE_ROOM * 375;
    uint256 private constant G2_ADD_GAS = PRICE_ROOM * 600;
    uint256 private constant PAIRING_OF_TWO_GAS = PRICE_ROOM * (2 * 32_600 + 37_700);

    /// @dev The negated generator of G1.
    uint256 private constant NEGATED_X_HI = 0x17f1d3a73197d7942695638c4fa9ac0f;
    uint256 private constant NEGATED_X_LO = 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb;
    uint256 private constant NEGATED_Y_HI = 0x114d1d6855d545a8aa7d76c8cf2e21f2;
    uint256 private constant NEGATED_Y_LO = 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca;

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
        uint256 data; // in scratch memory: the free pointer does not move
        assembly ("memory-safe") {
            data := mload(0x40)
        }
        HashToG2.write(message, data + 128);
        assembly ("memory-safe") {
            mcopy(data, key, 128)
            mstore(add(data, 384), NEGATED_X_HI)
            mstore(add(data, 416), NEGATED_X_LO)
            mstore(add(data, 448), NEGATED_Y_HI)
            mstore(add(data, 480), NEGATED_Y_LO)
            mcopy(add(data, 512), signature, 256)
        }
        return _pairIsOne(data);
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
    /// @return True if the equation holds
    function pairingIsOne(G1 memory a1, G2 memory a2, G1 memory b1, G2 memory b2) internal view returns (bool) {
        uint256 data;
        assembly ("memory-safe") {
            data := mload(0x40)
            mcopy(data, a1, 128)
            mcopy(add(data, 128), a2, 256)
            mcopy(add(data, 384), b1, 128)
            mcopy(add(data, 512), b2, 256)
        }
        return _pairIsOne(data);
    }

    /// @dev Whether the equation holds for the two pairs at a place in memory.
    function _pairIsOne(uint256 data) private view returns (bool result) {
        address precompile = PAIRING;
        uint256 gasCap = PAIRING_OF_TWO_GAS;
        assembly ("memory-safe") {
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
            uint256 borrow = point.yLo > BaseField.P_LO ? 1 : 0;
            return G1(point.xHi, point.xLo, BaseField.P_HI - point.yHi - borrow, BaseField.P_LO - point.yLo);
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
        uint256 out;
        assembly ("memory-safe") {
            out := point
        }
        HashToG2.write(message, out);
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
