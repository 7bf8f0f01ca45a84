// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {WeekStarts} from "./WeekStarts.sol";

/// @notice Remembers what all accounts of a role hold together, now and at the starts of three weeks, in one slot.
/// @dev Each account counts with its balance in units, rounded down. So the total is the exact sum of such counts,
///      whatever the changes were.
library RoleTotals {
    using SafeCast for uint256;

    /// @notice The total, in units.
    struct Total {
        uint32 week; // the week of the last change; 0 before the first change
        uint56 current;
        uint56 start; // the total at the start of `week`
        uint56 before; // the total at the start of `week` - 1
        uint56 twoBefore; // the total at the start of `week` - 2
    }

    /// @notice Thrown if the total no longer holds a week.
    /// @param week The week that was asked for
    /// @param oldest The oldest week that the total holds
    error WeekTooOld(uint64 week, uint64 oldest);

    /// @notice Records changes of balances.
    /// @param self The total
    /// @param removed The units of these balances before the changes
    /// @param added The units of these balances after the changes
    function change(Total storage self, uint256 removed, uint256 added) internal {
        if (self.week == WeekStarts.weekOf(block.timestamp)) {
            self.current = (self.current + added - removed).toUint56();
            return;
        }
        Total memory total = _thisWeek(self);
        total.current = (total.current + added - removed).toUint56();
        _store(self, total);
    }

    /// @notice Records the first balance of an account. It counts in its own week, as the account's base does, and in no week
    ///         before: nothing can be taken from it for these, so it must not raise what may be taken from others.
    /// @param self The total
    /// @param units The balance, in units
    function add(Total storage self, uint256 units) internal {
        Total memory total = _thisWeek(self);
        total.current = (total.current + units).toUint56();
        total.start = (total.start + units).toUint56();
        _store(self, total);
    }

    /// @notice The total at the start of a week. Reverts with `WeekTooOld`.
    /// @param self The total
    /// @param week The week
    /// @return The total, in units
    function startOf(Total storage self, uint64 week) internal view returns (uint256) {
        uint64 last = self.week;
        if (week > last) return self.current;
        if (week == last) return self.start;
        if (week + 1 == last) return self.before;
        if (week + 2 == last) return self.twoBefore;
        revert WeekTooOld(week, last - 2);
    }

    /// @dev The total with the starts of the weeks that have begun since the last change.
    function _thisWeek(Total storage self) private view returns (Total memory total) {
        total = self;
        uint32 last = total.week;
        total.week = uint32(WeekStarts.weekOf(block.timestamp));
        uint32 passed = total.week - last;
        if (passed == 0) return total;
        total.twoBefore =
            passed == 1
                ? total.before
                : passed == 2
                    ? total.start
                    : total.current;
        total.before = passed == 1 ? total.start : total.current;
        total.start = total.current;
    }

    /// @dev Writes the slot once. The compiler would read and write it again for each member.
    function _store(Total storage self, Total memory total) private {
        uint256 older = (uint256(total.twoBefore) << 200) | (uint256(total.before) << 144);
        uint256 word = older | (uint256(total.start) << 88) | (uint256(total.current) << 32) | total.week;
        assembly ("memory-safe") {
            sstore(self.slot, word)
        }
    }
}
