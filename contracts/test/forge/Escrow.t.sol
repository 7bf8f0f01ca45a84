// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {EscrowHandler} from "./EscrowHandler.sol";
import {Network} from "./Network.sol";

/// @notice Invariants that hold after any sequence of openings, payments and closes.
contract EscrowInvariantsTest {
    Network private network;
    EscrowHandler private handler;

    function setUp() public {
        CHEATS.warp(100 weeks);
        network = new Network();
        network.start();
        handler = new EscrowHandler(network);
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice The escrow holds what is left in the channels that are open, to the wei, and knows no other channel.
    function invariantHeldIsWhatIsLeft() external view {
        uint256 left;
        for (uint256 i = 0; i < handler.count(); i++) {
            EscrowHandler.Known memory one = handler.known(i);
            (uint96 deposit, uint96 paid, uint64 closesAt) = handler.escrow().balanceOf(
                handler.escrow().idOf(one.channel)
            );
            check(paid <= deposit, "paid <= deposit");
            if (one.isOpen) {
                check(deposit == one.deposit && paid == one.paid && closesAt == one.closesAt, "a channel's amounts");
                left += deposit - paid;
            } else {
                check(deposit == 0 && paid == 0 && closesAt == 0, "a channel that has ended");
            }
        }
        check(handler.token().balanceOf(address(handler.escrow())) == left, "held = left");
    }

    /// @notice All that was put in was earned, given back, or is held; and each account has its own.
    function invariantNothingIsLost() external view {
        uint256 earned;
        for (uint256 i = 0; i < handler.PAYEES(); i++) {
            address payee = handler.payee(i);
            check(handler.token().balanceOf(payee) == handler.earned(payee), "a payee has what it earned");
            earned += handler.earned(payee);
        }
        uint256 back;
        for (uint256 i = 0; i < handler.PAYERS(); i++) back += handler.token().balanceOf(handler.payer(i));
        check(back == handler.back(), "payers have what was left");
        uint256 held = handler.token().balanceOf(address(handler.escrow()));
        check(handler.put() == earned + back + held, "put in = earned + back + held");
    }
}
