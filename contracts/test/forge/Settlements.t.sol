// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {ISlashingManager} from "../../src/interfaces/ISlashingManager.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice Settles penalties of six epochs in two orders. Three epochs lie on each side of a week's end.
contract SettlementsTest {
    uint256 private constant EPOCHS = 6;
    address private constant PROVIDER = address(0x20000);
    address private constant SETTLER = address(0x30000);

    Network private network;

    function setUp() public {
        CHEATS.warp(100 weeks - 3 hours - 60); // genesis is 60 s later, so epoch 4 is the first epoch of a new week
        network = new Network();
        network.start();
    }

    function testFuzzOrder(uint16[EPOCHS] memory penalties, uint256 stake, uint256 orderA, uint256 orderB) public {
        stake = network.MINIMUM_STAKE() + (stake % 1_000_000 ether);
        network.addProvider(PROVIDER, stake);
        ISlashingManager.Leaf[] memory leaves = new ISlashingManager.Leaf[](EPOCHS);
        uint256[2] memory weekly;
        for (uint256 i = 0; i < EPOCHS; i++) {
            leaves[i] = network.report(PROVIDER, 1 + (penalties[i] % 1000));
            weekly[i / 3] += leaves[i].penaltyBps;
        }
        CHEATS.warp(network.finalAt(uint64(EPOCHS)));

        uint256 expected = _share(stake, weekly[0]) + _share(stake, weekly[1]);
        uint256 state = CHEATS.snapshotState();
        check(_settle(leaves, orderA) == expected, "each week charges the sum of its penalties, at most a tenth");
        CHEATS.revertToState(state);
        check(_settle(leaves, orderB) == expected, "the order does not matter");
        uint256 left = network.vault().slashable(address(network.providers()), PROVIDER);
        check(left == stake - expected, "the vault took the same amount");
        check(
            network.token().totalSupply() + expected - network.token().balanceOf(SETTLER) == network.SUPPLY(),
            "the rest is burned"
        );
    }

    /// @dev The vault rounds bases down to 10^9 wei.
    function _share(uint256 stake, uint256 bps) private pure returns (uint256) {
        uint256 base = stake - (stake % 1e9);
        return (base * (bps > 1000 ? 1000 : bps)) / 10_000;
    }

    /// @dev Settles the leaves in an order drawn from `seed`.
    function _settle(ISlashingManager.Leaf[] memory given, uint256 seed) private returns (uint256 sum) {
        ISlashingManager.Leaf[] memory leaves = new ISlashingManager.Leaf[](EPOCHS);
        for (uint256 i = 0; i < EPOCHS; i++) leaves[i] = given[i];
        ISlashingManager slashing = network.slashing();
        for (uint256 left = EPOCHS; left > 0; left--) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 pick = seed % left;
            IEpochReports.Header memory header = network.headerOf(leaves[pick].epoch);
            CHEATS.prank(SETTLER);
            sum += slashing.settle(header, leaves[pick], new bytes32[](0));
            leaves[pick] = leaves[left - 1];
        }
    }
}
