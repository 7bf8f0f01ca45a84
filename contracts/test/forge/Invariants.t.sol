// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {Handler} from "./Handler.sol";
import {Network} from "./Network.sol";

/// @notice What holds after any sequence of registrations, reports, settlements, exits and withdrawals.
contract InvariantsTest {
    Network private network;
    Handler private handler;
    uint256 private firstWeek;

    function setUp() public {
        CHEATS.warp(100 weeks); // no chain runs at the start of 1970, where week 0 means none yet
        network = new Network();
        network.start();
        handler = new Handler(network);
        firstWeek = handler.weekNow();
    }

    /// @notice Where forge finds whom to call.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice Every token of the vault is in somebody's account.
    function invariantTokensAccountedFor() external view {
        uint256 sum;
        for (uint256 i = 0; i < network.VERIFIERS(); i++)
            sum += _held(address(network.registry()), network.verifier(i));
        for (uint256 i = 0; i < handler.PROVIDERS(); i++)
            sum += _held(address(network.providers()), handler.provider(i));
        check(network.token().balanceOf(address(network.vault())) == sum, "the vault holds what its accounts sum to");
    }

    /// @notice What was charged is the bounties and what is burned, and no bounty is more than a twentieth.
    function invariantChargesAccountedFor() external view {
        uint256 burned = network.SUPPLY() - network.token().totalSupply();
        check(handler.totalCharged() == handler.totalBounty() + burned, "charged = bounty + burned");
        check(handler.totalBounty() * 20 <= handler.totalCharged(), "bounty at most a twentieth");
    }

    /// @notice A week's charges are its penalties' sum in shares of the stake at its start, at most a tenth of it.
    function invariantWeeklyLimit() external view {
        for (uint256 i = 0; i < handler.PROVIDERS(); i++) {
            address provider = handler.provider(i);
            for (uint256 week = firstWeek; week <= handler.weekNow(); week++) {
                uint256 base = handler.startOf(provider, week);
                base -= base % 1e9; // as exactly as the vault knows it
                uint256 bps = handler.settledBps(provider, week);
                uint256 owed = (base * (bps > 1000 ? 1000 : bps)) / 10_000;
                uint256 charged = handler.charged(provider, week);
                check(charged <= base / 10, "at most a tenth");
                check(charged == owed || (charged < owed && handler.stakeOf(provider) == 0), "all that is owed");
            }
        }
    }

    function _held(address role, address account) private view returns (uint256) {
        return network.vault().slashable(role, account) + network.vault().freeOf(role, account);
    }
}
