// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";
import {RewardsHandler} from "./RewardsHandler.sol";

/// @notice Invariants that hold after any sequence of payments into the pot, reports and claims.
contract RewardsInvariantsTest {
    Network private network;
    RewardsHandler private handler;

    function setUp() public {
        CHEATS.warp(100 weeks);
        network = new Network();
        network.start();
        handler = new RewardsHandler(network);
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice What was paid and what is left add up to what was funded, to the wei.
    function invariantPotConserved() external view {
        uint256 paid;
        for (uint256 i = 0; i < handler.EARNERS(); i++) paid += handler.paid(handler.earner(i));
        uint256 left = network.token().balanceOf(address(handler.distributor()));
        check(handler.distributor().funded() == handler.funded(), "the pot counts what was put in");
        check(paid + left == handler.funded(), "paid + left = funded");
    }

    /// @notice Each account has received what the contract says that it was paid.
    function invariantPaidToTheEarner() external view {
        for (uint256 i = 0; i < handler.EARNERS(); i++) {
            address earner = handler.earner(i);
            check(handler.distributor().claimed(earner) == handler.paid(earner), "claimed");
            check(network.token().balanceOf(earner) == handler.paid(earner), "received");
        }
    }
}
