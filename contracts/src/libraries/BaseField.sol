// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Arithmetic in the base field of BLS12-381. A number of 512 bits is two words: high, then low.
library BaseField {
    /// @dev The prime p.
    uint256 internal constant P_HI = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 internal constant P_LO = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;
    /// @dev floor(2^636 / p)
    uint256 private constant RECIPROCAL = 0x9d835d2f3cc9e45ce28101b0cc7a6ba291b82741ff6a0a94bdf4771e0286779d;

    /// @notice Reduces a number of 512 bits modulo p.
    /// @dev Barrett reduction. The quotient is estimated from the high word alone, and is right or one too low: what the low
    ///      word and the rounding of `RECIPROCAL` contribute is below 2^-123. Costs a fifth of the precompile MODEXP.
    /// @param high The high word
    /// @param low The low word
    /// @return The high word of the remainder
    /// @return The low word of the remainder
    function reduce(uint256 high, uint256 low) internal pure returns (uint256, uint256) {
        assembly ("memory-safe") {
            // The high word of a product is the product modulo 2^256 - 1, minus the low word, minus a borrow.
            let product := mul(high, RECIPROCAL)
            let folded := mulmod(high, RECIPROCAL, not(0))
            let quotient := shr(124, sub(sub(folded, product), lt(folded, product)))
            product := mul(quotient, P_LO)
            folded := mulmod(quotient, P_LO, not(0))
            let carry := sub(sub(folded, product), lt(folded, product))
            high := sub(sub(high, add(mul(quotient, P_HI), carry)), lt(low, product))
            low := sub(low, product)
            if or(gt(high, P_HI), and(eq(high, P_HI), iszero(lt(low, P_LO)))) {
                high := sub(sub(high, P_HI), lt(low, P_LO))
                low := sub(low, P_LO)
            }
        }
        return (high, low);
    }
}
