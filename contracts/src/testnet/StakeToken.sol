// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice The testnet's stake token: a fixed supply, all of it the deployer's. Worth nothing.
contract StakeToken is ERC20Burnable {
    uint256 private constant SUPPLY = 1_000_000_000 ether;

    constructor() ERC20("Bandwitness testnet stake", "BWT") {
        _mint(msg.sender, SUPPLY);
    }
}
