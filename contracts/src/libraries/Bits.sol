// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Sets of positions, one bit for each position of a frozen set.
library Bits {
    /// @notice The set of all positions below a size.
    /// @param size The size, at most 255
    /// @return The set
    function below(uint256 size) internal pure returns (uint256) {
        return (1 << size) - 1;
    }

    /// @notice The number of positions in a set.
    /// @param bits The set
    /// @return number The number
    function count(uint256 bits) internal pure returns (uint256 number) {
        for (; bits != 0; bits &= bits - 1) ++number;
    }

    /// @notice The lowest position in a set.
    /// @param bits The set; must not be empty
    /// @return The position
    function lowest(uint256 bits) internal pure returns (uint256) {
        return Math.log2(bits & (~bits + 1));
    }

    /// @notice The set in which one position has the bit of another.
    /// @param bits The set
    /// @param from The position whose bit is read
    /// @param to The position whose bit is written
    /// @return The changed set
    function copied(uint256 bits, uint256 from, uint256 to) internal pure returns (uint256) {
        return (bits & ~(1 << to)) | (((bits >> from) & 1) << to);
    }
}
