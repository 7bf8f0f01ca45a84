// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {check} from "./Cheats.sol";
import {Eras} from "./Eras.sol";
import {SetsHandler} from "./SetsHandler.sol";

/// @notice Invariants that hold after any sequence of registrations, exits, expulsions, slashes and eras. The handler
///         checks each freeze.
contract VerifierSetsTest {
    Eras private eras;
    SetsHandler private handler;

    function setUp() public {
        eras = new Eras(12);
        eras.begin();
        handler = new SetsHandler(eras);
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice The count of those who stay equals a recount, and the aggregate key of the set in force is its sum.
    /// forge-config: default.invariant.runs = 10
    /// forge-config: default.invariant.depth = 100
    /// forge-config: long.invariant.runs = 250
    /// forge-config: long.invariant.depth = 400
    function invariantSets() external view {
        check(eras.registry().stayingCount() == handler.staying(), "the count is exact");
        eras.checkAggregate();
    }
}
