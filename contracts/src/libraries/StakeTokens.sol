// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice Which tokens can be stakes, as far as a constructor can know.
library StakeTokens {
    uint8 private constant MAX_DECIMALS = 18;

    /// @notice Thrown if the token is divided more finely than the weekly record can hold.
    /// @param decimals The token's decimals
    /// @param maximum The most decimals
    error TooManyDecimals(uint8 decimals, uint8 maximum);

    /// @notice Thrown if holders cannot burn the token. Slashed tokens could then not be burned.
    /// @param token The token
    error TokenCannotBurn(address token);

    /// @notice Reverts with `TooManyDecimals` or `TokenCannotBurn`.
    /// @param token The token
    /// @return decimals Its decimals
    function check(ERC20Burnable token) internal returns (uint8 decimals) {
        decimals = token.decimals();
        if (decimals > MAX_DECIMALS) revert TooManyDecimals(decimals, MAX_DECIMALS);
        if (!canBurn(token)) revert TokenCannotBurn(address(token));
    }

    /// @dev A token without `burn` whose fallback function takes every call seems to burn what the caller does not have.
    function canBurn(ERC20Burnable token) private returns (bool) {
        return burns(token, 0) && !burns(token, token.balanceOf(address(this)) + 1);
    }

    function burns(ERC20Burnable token, uint256 amount) private returns (bool) {
        try token.burn(amount) {
            return true;
        } catch {
            return false;
        }
    }
}
