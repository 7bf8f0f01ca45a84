// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What a balance was at the start of its last three weeks of change, in one slot: all that a penalty's base
///         needs, at a fifth of what a growing history costs to write. Weeks are unix time / 7 days.
/// @dev Values are in units of 10^9 wei, rounded down: 64 bits hold 18 billion tokens of 18 decimals.
library WeekStarts {
    struct History {
        uint64 week; // of the last change; 0 before the first
        uint64 start; // of `week`
        uint64 before; // start of `week` - 1
        uint64 twoBefore;
    }

    uint256 internal constant WEEK_SECONDS = 7 days;
    uint256 private constant UNIT = 1e9;

    /// @notice That long ago is not kept.
    error WeekTooOld(uint64 week, uint64 oldest);
    error BalanceTooLarge(uint256 balance);

    function weekOf(uint256 time) internal pure returns (uint64) {
        return uint64(time / WEEK_SECONDS);
    }

    /// @notice To be called before each change. Where there was nothing yet, the first balance stands for the past too.
    function beforeChange(History storage self, uint256 balance, uint256 changed) internal {
        uint64 week = weekOf(block.timestamp);
        uint64 last = self.week;
        if (last == week) return;
        if (last == 0) {
            uint64 first = _units(changed);
            (self.week, self.start, self.before, self.twoBefore) = (week, first, first, first);
            return;
        }
        uint64 same = _units(balance); // since the last change, so at the start of each week after it
        uint64 before = week - last == 1 ? self.start : same;
        uint64 twoBefore =
            week - last == 1
                ? self.before
                : week - last == 2
                    ? self.start
                    : same;
        (self.week, self.start, self.before, self.twoBefore) = (week, same, before, twoBefore);
    }

    /// @param balance now
    function startOf(History storage self, uint64 week, uint256 balance) internal view returns (uint256) {
        uint64 last = self.week;
        if (week > last) return uint256(_units(balance)) * UNIT;
        if (week == last) return self.start * UNIT;
        if (week + 1 == last) return self.before * UNIT;
        if (week + 2 == last) return self.twoBefore * UNIT;
        revert WeekTooOld(week, last - 2);
    }

    function _units(uint256 balance) private pure returns (uint64) {
        uint256 units = balance / UNIT;
        if (units > type(uint64).max) revert BalanceTooLarge(balance);
        return uint64(units);
    }
}
