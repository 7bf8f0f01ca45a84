// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {Handler} from "./Handler.sol";
import {Network} from "./Network.sol";

/// @notice Invariants that hold after any sequence of registrations, reports, settlements, exits and withdrawals.
/// forge-config: default.invariant.runs = 10
/// forge-config: default.invariant.depth = 50
contract InvariantsTest {
    Network private network;
    Handler private handler;
    uint256 private firstWeek;

    function setUp() public {
        CHEATS.warp(100 weeks); // forge starts in 1970, but week 0 means no history in the vault
        network = new Network();
        network.start();
        handler = new Handler(network);
        firstWeek = handler.weekNow();
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice The accounts of the vault add up to its tokens.
    function invariantTokensAccountedFor() external view {
        uint256 sum;
        for (uint256 i = 0; i < network.VERIFIERS(); i++)
            sum += _held(address(network.registry()), network.verifier(i));
        for (uint256 i = 0; i < handler.PROVIDERS(); i++)
            sum += _held(address(network.providers()), handler.provider(i));
        check(network.token().balanceOf(address(network.vault())) == sum, "the vault holds the sum of its accounts");
    }

    /// @notice The charges equal the bounties plus the burned tokens, and bounties are at most a twentieth.
    function invariantChargesAccountedFor() external view {
        uint256 burned = network.SUPPLY() - network.token().totalSupply();
        check(handler.totalCharged() == handler.totalBounty() + burned, "charged = bounty + burned");
        check(handler.totalBounty() * 20 <= handler.totalCharged(), "bounty at most a twentieth");
    }

    /// @notice A week charges the sum of its penalties, as a share of the stake at its start, and at most a tenth.
    function invariantWeeklyLimit() external view {
        for (uint256 i = 0; i < handler.PROVIDERS(); i++) {
            address provider = handler.provider(i);
            for (uint256 week = firstWeek; week <= handler.weekNow(); week++) {
                uint256 base = handler.startOf(provider, week);
                base -= base % 1e9; // the vault rounds down in the same way
                uint256 bps = handler.settledBps(provider, week);
                uint256 owed = (base * (bps > 1000 ? 1000 : bps)) / 10_000;
                uint256 charged = handler.charged(provider, week);
                check(charged <= base / 10, "at most a tenth");
                check(
                    charged == owed || (charged < owed && handler.stakeOf(provider) == 0),
                    "the whole penalty is charged"
                );
            }
        }
    }

    function _held(address role, address account) private view returns (uint256) {
        return network.vault().slashable(role, account) + network.vault().freeOf(role, account);
    }
}
