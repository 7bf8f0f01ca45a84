// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Remembers a balance at the starts of three weeks: the week of the last change and the two weeks before. A
///         penalty's base needs no more, and one slot costs a fifth of a growing history. A week is unix time / 7 days.
/// @dev Values are in units of 10^9 wei, rounded down. 64 bits hold 18 billion tokens of 18 decimals.
library WeekStarts {
    /// @notice The balances that are remembered, in units of 10^9 wei.
    struct History {
        uint64 week; // the week of the last change; 0 before the first change
        uint64 start; // the balance at the start of `week`
        uint64 before; // the balance at the start of `week` - 1
        uint64 twoBefore; // the balance at the start of `week` - 2
    }

    uint256 internal constant WEEK_SECONDS = 7 days;
    /// @dev In wei.
    uint256 private constant UNIT = 1e9;

    /// @notice Thrown if the history no longer holds a week.
    /// @param week The week that was asked for
    /// @param oldest The oldest week that the history holds
    error WeekTooOld(uint64 week, uint64 oldest);

    /// @notice Thrown if a balance exceeds 64 bits of 10^9 wei.
    /// @param balance The balance, in wei
    error BalanceTooLarge(uint256 balance);

    /// @notice The week of a time.
    /// @param time The time, in unix seconds
    /// @return The week
    function weekOf(uint256 time) internal pure returns (uint64) {
        return uint64(time / WEEK_SECONDS);
    }

    /// @notice Records the balance before a change. Call it before each change. The first balance also stands for the
    ///         weeks before it. Reverts with `BalanceTooLarge`.
    /// @param self The history
    /// @param balance The balance before the change, in wei
    /// @param changed The balance after the change, in wei
    function beforeChange(History storage self, uint256 balance, uint256 changed) internal {
        uint64 week = weekOf(block.timestamp);
        uint64 last = self.week;
        if (last == week) return;
        if (last == 0) {
            uint64 first = _units(changed);
            (self.week, self.start, self.before, self.twoBefore) = (week, first, first, first);
            return;
        }
        uint64 same = _units(balance); // unchanged since then, so also at the start of every later week
        uint64 before = week - last == 1 ? self.start : same;
        uint64 twoBefore =
            week - last == 1
                ? self.before
                : week - last == 2
                    ? self.start
                    : same;
        (self.week, self.start, self.before, self.twoBefore) = (week, same, before, twoBefore);
    }

    /// @notice The balance at the start of a week. Reverts with `WeekTooOld` or `BalanceTooLarge`.
    /// @param self The history
    /// @param week The week
    /// @param balance The balance now, in wei
    /// @return The balance in wei, rounded down to 10^9 wei
    function startOf(History storage self, uint64 week, uint256 balance) internal view returns (uint256) {
        uint64 last = self.week;
        if (week > last) return uint256(_units(balance)) * UNIT;
        if (week == last) return self.start * UNIT;
        if (week + 1 == last) return self.before * UNIT;
        if (week + 2 == last) return self.twoBefore * UNIT;
        revert WeekTooOld(week, last - 2);
    }

    /// @dev A balance in units of 10^9 wei, rounded down.
    function _units(uint256 balance) private pure returns (uint64) {
        uint256 units = balance / UNIT;
        if (units > type(uint64).max) revert BalanceTooLarge(balance);
        return uint64(units);
    }
}
