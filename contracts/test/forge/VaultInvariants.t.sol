// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {VaultHandler} from "./VaultHandler.sol";

/// @notice Invariants of the stakes, after any sequence of what owners, slashers and thieves do. Forge makes the sequences
///         of each invariant anew: `runs` of `depth` calls, as contracts/foundry.toml says.
contract VaultInvariantsTest {
    VaultHandler private handler;

    function setUp() public {
        CHEATS.warp(100 weeks); // forge starts in 1970, but week 0 means no history in the vault
        handler = new VaultHandler();
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice No token appears or disappears: deposits are held, withdrawn, refunded or burned.
    function invariantTokensConserved() external view {
        uint256 held;
        uint256 charged;
        for (uint256 i = 0; i < handler.ACCOUNTS(); i++) {
            address account = handler.accountAt(i);
            VaultHandler.Ghost memory ghost = handler.ghostOf(account);
            uint256 own = handler.stakeOf(account) + handler.freeOf(account);
            check(ghost.deposited == own + ghost.withdrawn + ghost.charged, "an account holds what is left");
            held += own;
            charged += ghost.charged;
        }
        check(handler.token().balanceOf(address(handler.vault())) == held, "the vault holds its accounts");
        uint256 burned = 1_000_000_000 ether - handler.token().totalSupply();
        check(charged == handler.refunds() + burned, "charged = refunded + burned");
    }

    /// @notice What was slashable at a breach is slashable, or slashed, until settlement and evidence are over.
    function invariantNothingSlashableEscapes() external view {
        for (uint256 i = 0; i < handler.ACCOUNTS(); i++) {
            check(handler.isAnswerable(handler.accountAt(i)), "stake escaped");
        }
    }

    /// @notice The base of a week's penalties is the stake at its start, whatever came later.
    function invariantBasesOfWeeks() external view {
        uint256 now_ = handler.weekNow();
        for (uint256 i = 0; i < handler.ACCOUNTS(); i++) {
            address account = handler.accountAt(i);
            if (!handler.ghostOf(account).registered) continue;
            for (uint256 week = now_ - 2; week <= now_; week++) {
                uint256 first = handler.firstWeek(account);
                uint256 start = handler.startOf(account, week < first ? first : week);
                (uint256 base, ) = handler.vault().slashableAtStartOf(uint64(week), handler.roleOf(account), account);
                check(base == start - (start % 1e9), "the base of a week");
            }
        }
    }

    /// @notice No provider claims more than the stake that it put up.
    function invariantClaimsCovered() external view {
        for (uint256 i = 0; i < handler.ACCOUNTS(); i++) {
            address account = handler.accountAt(i);
            VaultHandler.Ghost memory ghost = handler.ghostOf(account);
            if (!handler.isProvider(account) || !ghost.registered || ghost.left) continue;
            uint256 claim = handler.registry().providerOf(account).claimKbps;
            check(
                claim * handler.WEI_PER_MBPS() <= (handler.stakeOf(account) + ghost.charged) * 1000,
                "a claim above its stake"
            );
        }
    }
}
