// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BaseField} from "../../src/libraries/BaseField.sol";
import {check} from "./Cheats.sol";

/// @notice Compares the reduction modulo the field's prime with the precompile MODEXP.
contract BaseFieldTest {
    address private constant MODEXP = address(0x05);

    function testFuzzAnyNumber(uint256 high, uint256 low) public view {
        _compare(high, low);
    }

    /// @notice Near a multiple of the prime the estimate of the quotient may be one too low.
    function testFuzzNearMultiples(uint256 factor, uint8 distance) public view {
        factor %= 1 << 131;
        uint256 low = factor * BaseField.P_LO;
        uint256 folded = mulmod(factor, BaseField.P_LO, type(uint256).max);
        uint256 high;
        unchecked {
            high = factor * BaseField.P_HI + (folded - low - (folded < low ? 1 : 0));
        }
        _compare(high, low);
        unchecked {
            uint256 above = low + distance;
            _compare(above < low ? high + 1 : high, above);
            if (high != 0 || low >= distance) _compare(low < distance ? high - 1 : high, low - distance);
        }
    }

    function testEdges() public view {
        uint256 top = type(uint256).max;
        _compare(0, 0);
        _compare(0, top);
        _compare(top, 0);
        _compare(top, top);
        _compare(BaseField.P_HI, BaseField.P_LO);
        _compare(BaseField.P_HI, BaseField.P_LO - 1);
        _compare(BaseField.P_HI, BaseField.P_LO + 1);
    }

    function _compare(uint256 high, uint256 low) private view {
        bytes memory input = abi.encode(64, 1, 64, high, low);
        (bool done, bytes memory expected) = MODEXP.staticcall(
            bytes.concat(input, hex"01", bytes32(BaseField.P_HI), bytes32(BaseField.P_LO))
        );
        check(done, "MODEXP");
        (uint256 reducedHigh, uint256 reducedLow) = BaseField.reduce(high, low);
        check(keccak256(abi.encode(reducedHigh, reducedLow)) == keccak256(expected), "the remainder of MODEXP");
    }
}
