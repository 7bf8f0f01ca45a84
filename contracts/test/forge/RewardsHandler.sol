// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {RewardsDistributor} from "../../src/RewardsDistributor.sol";
import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {StakeToken} from "../../src/testnet/StakeToken.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice Funds, reports and claims in any order, with a second account of what was paid. Reports may show more than
///         the pot holds, and less than earlier ones: the distributor must hold even against a captured set.
contract RewardsHandler {
    uint256 public constant EARNERS = 4;
    uint256 private constant DAY = 1 days;

    struct Shown {
        IEpochReports.Header header;
        uint256[EARNERS] cumulative;
    }

    Network public immutable network;
    RewardsDistributor public immutable distributor;
    Shown[] private _reports;

    uint256 public funded;
    mapping(address earner => uint256) public paid;

    constructor(Network network_) {
        network = network_;
        distributor = new RewardsDistributor(network_.token(), network_.reports());
    }

    function earner(uint256 i) public pure returns (address) {
        return address(uint160(0x40000 + (i % EARNERS)));
    }

    function fund(uint256 amount) external {
        amount = 1 + (amount % 1_000 ether);
        funded += amount;
        StakeToken token = network.token();
        CHEATS.prank(address(network));
        token.transfer(address(this), amount);
        token.approve(address(distributor), amount);
        distributor.fund(amount);
    }

    function report(uint256[EARNERS] calldata cumulative) external {
        Shown storage shown = _reports.push();
        for (uint256 i = 0; i < EARNERS; i++) shown.cumulative[i] = cumulative[i] % 500 ether;
        IEpochReports.Header memory header = network.finish(keccak256("scores"));
        header.rewardsRoot = Hashes.commutativeKeccak256(_pair(shown, 0), _pair(shown, 2));
        (bytes memory signature, uint32[] memory nonSigners) = network.certify(header, 0, 0);
        network.reports().post(header, 0, nonSigners, signature);
        shown.header = header;
    }

    function claim(uint256 pick, uint256 i, uint256 extra) external {
        if (_reports.length == 0) return;
        Shown storage shown = _reports[pick % _reports.length];
        i %= EARNERS;
        extra = extra % 4 == 0 ? extra : 0; // one claim of four asks for another amount
        uint256 cumulative;
        unchecked {
            cumulative = shown.cumulative[i] + extra;
        }
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = Digests.rewardLeaf(earner(i ^ 1), shown.cumulative[i ^ 1]);
        proof[1] = _pair(shown, i < 2 ? 2 : 0);
        address account = earner(i);
        uint256 left = network.token().balanceOf(address(distributor));
        bool due =
            extra == 0 &&
                block.timestamp >= network.finalAt(shown.header.epoch) &&
                cumulative > paid[account] &&
                cumulative - paid[account] <= left;
        try distributor.claim(shown.header, account, cumulative, proof) returns (uint256 amount) {
            check(due, "paid too early, too much or twice");
            check(amount == cumulative - paid[account], "pays exactly what is new");
            paid[account] = cumulative;
        } catch {
            check(!due, "what is due can be claimed");
        }
    }

    function pass(uint256 time) external {
        CHEATS.warp(block.timestamp + (time % DAY));
    }

    function _pair(Shown storage shown, uint256 i) private view returns (bytes32) {
        return
            Hashes.commutativeKeccak256(
                Digests.rewardLeaf(earner(i), shown.cumulative[i]),
                Digests.rewardLeaf(earner(i + 1), shown.cumulative[i + 1])
            );
    }
}
