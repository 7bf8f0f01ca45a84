// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILanes} from "../../src/interfaces/ILanes.sol";
import {CHEATS, check} from "./Cheats.sol";
import {LanesHandler} from "./LanesHandler.sol";
import {Network} from "./Network.sol";

/// @notice Invariants that hold after any sequence of reservations, settlements and refunds.
contract LanesInvariantsTest {
    Network private network;
    LanesHandler private handler;

    function setUp() public {
        CHEATS.warp(100 weeks);
        network = new Network();
        network.start();
        handler = new LanesHandler(network);
    }

    /// @notice The contracts that forge calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice The contract holds what the slots cost that are neither paid nor given back, to the wei.
    function invariantLanesHoldWhatIsLeft() external view {
        uint256 left;
        for (uint256 i = 0; i < handler.count(); i++) {
            LanesHandler.Known memory one = handler.known(i);
            uint256 unpaid = handler.lanes().unpaidSlots(handler.lanes().idOf(one.lane));
            check(unpaid == (one.isOver ? 0 : one.lane.slots - one.paid), "a lane's slots");
            left += unpaid * one.lane.slotPrice;
        }
        check(handler.token().balanceOf(address(handler.lanes())) == left, "held = left");
    }

    /// @notice In no slot more is reserved than the payee offered when the last of it was reserved, and no slot has what is
    ///         another's.
    function invariantLanesWithinOffers() external view {
        for (uint256 i = 0; i < handler.count(); i++) {
            ILanes.Lane memory lane = handler.known(i).lane;
            // The slots beside the lane, too, which may be of another word.
            for (uint64 slot = lane.fromSlot - 1; slot <= lane.fromSlot + lane.slots; slot++) {
                uint256 reserved = handler.lanes().reservedAt(lane.payee, slot);
                check(reserved == handler.reserved(lane.payee, slot), "the sum of the rates");
                check(reserved <= handler.limit(lane.payee, slot), "reserved <= offered");
            }
        }
    }

    /// @notice A slot is paid once: all that was put in was earned, given back, or is held, and each account has its own.
    function invariantSlotsPaidOnce() external view {
        uint256 earned;
        for (uint256 i = 0; i < handler.PAYEES(); i++) {
            address payee = handler.payee(i);
            check(handler.token().balanceOf(payee) == handler.earned(payee), "a payee has what it earned");
            earned += handler.earned(payee);
        }
        uint256 back;
        for (uint256 i = 0; i < handler.PAYERS(); i++) back += handler.token().balanceOf(handler.payer(i));
        check(back == handler.back(), "payers have what was left");
        uint256 held = handler.token().balanceOf(address(handler.lanes()));
        check(handler.put() == earned + back + held, "put in = earned + back + held");
    }
}
