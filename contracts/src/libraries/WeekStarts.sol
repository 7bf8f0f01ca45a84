// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Remembers a balance at the starts of three weeks: the week of the last change and the two weeks before. A
///         penalty's base needs no more, and one slot costs a fifth of a growing history. A week is unix time / 7 days.
/// @dev The caller chooses the unit of the balances, such that none exceeds 64 bits.
library WeekStarts {
    /// @notice The balances that are remembered, in the caller's units.
    struct History {
        uint64 week; // the week of the last change; 0 before the first change
        uint64 start; // the balance at the start of `week`
        uint64 before; // the balance at the start of `week` - 1
        uint64 twoBefore; // the balance at the start of `week` - 2
    }

    uint256 internal constant WEEK_SECONDS = 7 days;

    /// @notice Thrown if the history no longer holds a week.
    /// @param week The week that was asked for
    /// @param oldest The oldest week that the history holds
    error WeekTooOld(uint64 week, uint64 oldest);

    /// @notice The week of a time.
    /// @param time The time, in unix seconds
    /// @return The week
    function weekOf(uint256 time) internal pure returns (uint64) {
        return uint64(time / WEEK_SECONDS);
    }

    /// @notice Records the balance before a change. Call it before each change. The first balance also stands for the
    ///         weeks before it.
    /// @param self The history
    /// @param balance The balance before the change
    /// @param changed The balance after the change
    function beforeChange(History storage self, uint64 balance, uint64 changed) internal {
        uint64 week = weekOf(block.timestamp);
        uint64 last = self.week;
        if (last == week) return;
        if (last == 0) {
            _store(self, week, changed, changed, changed);
            return;
        }
        // The balance has not changed since `last`, so it is also the balance at the start of every later week.
        uint64 before = week - last == 1 ? self.start : balance;
        uint64 twoBefore =
            week - last == 1
                ? self.before
                : week - last == 2
                    ? self.start
                    : balance;
        _store(self, week, balance, before, twoBefore);
    }

    /// @notice The balance at the start of a week. Reverts with `WeekTooOld`.
    /// @param self The history
    /// @param week The week
    /// @param balance The balance now
    /// @return The balance at the start of the week
    function startOf(History storage self, uint64 week, uint64 balance) internal view returns (uint64) {
        uint64 last = self.week;
        if (week > last) return balance;
        if (week == last) return self.start;
        if (week + 1 == last) return self.before;
        if (week + 2 == last) return self.twoBefore;
        revert WeekTooOld(week, last - 2);
    }

    /// @dev Writes the slot once. The compiler would read and write it again for each member.
    function _store(History storage self, uint64 week, uint64 start, uint64 before, uint64 twoBefore) private {
        uint256 word = (uint256(twoBefore) << 192) | (uint256(before) << 128) | (uint256(start) << 64) | week;
        assembly ("memory-safe") {
            sstore(self.slot, word)
        }
    }
}
