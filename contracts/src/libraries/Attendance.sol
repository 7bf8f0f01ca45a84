// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {Bits} from "./Bits.sol";

/// @notice Tells which members of a frozen set were in a certificate of late. The reports know the signers of an era by
///         the positions of that era's set; a freeze moves positions, so this record moves with them.
/// @dev In an era without any certificate everybody counts as seen. A halt has many possible culprits, and the chain
///      cannot tell them apart; if all were left out, one halt would empty the set.
library Attendance {
    /// @notice The record of the last freeze.
    struct History {
        uint256[2] seen; // in the era before the frozen one, and in the one before that; by positions of the new set
        uint256 unproven; // the newcomers of the last freezes that no certificate has shown yet
    }

    /// @notice The attendance before a freeze, by positions of the set in force; the freeze moves it along.
    struct Roll {
        uint256[3] seen; // in the last era, in the one before, and in the one before that
        uint256 unproven;
    }

    /// @notice The number of eras after which a member that was in no certificate is idle.
    uint256 internal constant IDLE_ERAS = 3;
    uint256 private constant EVERYBODY = type(uint256).max;

    // ------------------------------------------------------------------ reading

    /// @notice Calls the roll before a freeze.
    /// @param self The record of the last freeze
    /// @param reports The contract that knows the signers
    /// @param era The era to freeze
    /// @param since The last frozen era, earlier than `era`
    /// @return roll The attendance
    function rollCall(
        History storage self,
        IEpochReports reports,
        uint64 era,
        uint64 since
    ) internal view returns (Roll memory roll) {
        uint256 proven;
        for (uint64 back = 1; back <= IDLE_ERAS; back++) {
            if (since + back > era) {
                roll.seen[back - 1] = self.seen[since + back - era - 1];
                continue;
            }
            uint256 signers = reports.signersIn(era - back);
            proven |= signers;
            roll.seen[back - 1] = signers == 0 ? EVERYBODY : signers;
        }
        roll.unproven = self.unproven & ~proven;
    }

    /// @notice The positions that no certificate of the last three eras shows.
    /// @param roll The attendance
    /// @return The positions; only those of members have a meaning
    function idle(Roll memory roll) internal pure returns (uint256) {
        return ~(roll.seen[0] | roll.seen[1] | roll.seen[2]);
    }

    /// @notice The positions that no certificate of the last era shows.
    /// @param roll The attendance
    /// @return The positions; only those of members have a meaning
    function absent(Roll memory roll) internal pure returns (uint256) {
        return ~roll.seen[0];
    }

    /// @notice Tells whether the last era had no certificate.
    /// @param roll The attendance
    /// @return True if it had none
    function halted(Roll memory roll) internal pure returns (bool) {
        return roll.seen[0] == EVERYBODY;
    }

    // ------------------------------------------------------------------ freezing

    /// @notice Records a newcomer at a position. It counts as seen in the eras before it entered.
    /// @param roll The attendance
    /// @param position The position
    function enter(Roll memory roll, uint256 position) internal pure {
        uint256 bit = 1 << position;
        roll.seen[0] |= bit;
        roll.seen[1] |= bit;
        roll.unproven |= bit;
    }

    /// @notice Moves the record of a member to another position.
    /// @param roll The attendance
    /// @param from The old position
    /// @param to The new position
    function move(Roll memory roll, uint256 from, uint256 to) internal pure {
        roll.seen[0] = Bits.copied(roll.seen[0], from, to);
        roll.seen[1] = Bits.copied(roll.seen[1], from, to);
        roll.unproven = Bits.copied(roll.unproven, from, to);
    }

    /// @notice Starts the record: the members of the first set count as seen before it.
    /// @param self The record
    function start(History storage self) internal {
        self.seen = [EVERYBODY, EVERYBODY];
    }

    /// @notice Keeps the attendance for the next freeze.
    /// @param self The record
    /// @param roll The attendance, by positions of the new set
    function keep(History storage self, Roll memory roll) internal {
        self.seen[0] = roll.seen[0];
        self.seen[1] = roll.seen[1];
        self.unproven = roll.unproven;
    }
}
