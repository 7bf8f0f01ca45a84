// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice Takes tokens in, and counts what has arrived: a token may keep a fee, or call back and move others meanwhile.
library ExactTransfers {
    using SafeERC20 for IERC20;

    /// @notice Takes tokens that the caller approved. Write all state before, and compare the result with the amount.
    /// @param token The token
    /// @param amount The tokens that should arrive, in wei
    /// @return received By how much this contract's balance has risen, in wei
    function take(IERC20 token, uint256 amount) internal returns (uint256 received) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        return token.balanceOf(address(this)) - before;
    }
}
