// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {Handler} from "./Handler.sol";
import {Network} from "./Network.sol";

/// @notice Invariants that hold after any sequence of registrations, reports, settlements, exits and withdrawals.
/// forge-config: default.invariant.runs = 10
/// forge-config: default.invariant.depth = 50
/// forge-config: default.invariant.check_interval = 1
/// forge-config: long.invariant.runs = 250
/// forge-config: long.invariant.depth = 400
/// forge-config: long.invariant.check_interval = 16
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

    /// @notice The charges equal the refunds plus the burned tokens, and each settlement has at most one refund.
    function invariantChargesAccountedFor() external view {
        uint256 burned = network.SUPPLY() - network.token().totalSupply();
        check(handler.totalCharged() == handler.totalRefunded() + burned, "charged = refunded + burned");
        check(handler.totalRefunded() <= handler.settlements() * network.SETTLE_REFUND(), "one refund a settlement");
    }

    /// @notice A week charges a provider the sum of its penalties, as a share of the stake at its start, and at most a
    ///         tenth. It charges less only if the stake is gone or the network's limit is reached.
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
                    charged == owed ||
                        (charged < owed && (handler.stakeOf(provider) == 0 || handler.networkFull(week))),
                    "the whole penalty is charged"
                );
            }
        }
    }

    /// @notice All charges of a week together stay within the network's limit.
    function invariantNetworkLimit() external view {
        for (uint256 week = firstWeek; week <= handler.weekNow(); week++) {
            uint256 charged = handler.networkCharged(week);
            check(charged <= (handler.totalStart(week) * network.NETWORK_WEEKLY_BPS()) / 10_000, "within the limit");
        }
    }

    /// @notice The vault's total is the sum of what the providers could lose.
    function invariantTotal() external view {
        uint256 sum;
        for (uint256 i = 0; i < handler.PROVIDERS(); i++) {
            uint256 stake = handler.stakeOf(handler.provider(i));
            sum += stake - (stake % 1e12); // the vault rounds down in the same way
        }
        uint64 nextWeek = uint64(handler.weekNow()) + 1;
        check(network.vault().totalAtStartOf(nextWeek, address(network.providers())) == sum, "the sum of all stakes");
    }

    function _held(address role, address account) private view returns (uint256) {
        return network.vault().slashable(role, account) + network.vault().freeOf(role, account);
    }
}
