// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice The stake token of test networks. The deployer receives the whole fixed supply. The token has no value.
contract StakeToken is ERC20Burnable {
    /// @dev In wei.
    uint256 private constant SUPPLY = 1_000_000_000 ether;

    /// @notice Mints the supply to the deployer.
    constructor() ERC20("Bandwitness testnet stake", "BWT") {
        _mint(msg.sender, SUPPLY);
    }
}
