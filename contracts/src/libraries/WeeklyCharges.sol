// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What the penalties of the last weeks took from all providers together.
library WeeklyCharges {
    /// @dev Only three weeks can be settled at a time. Entry `week` modulo `WEEKS` holds the week above `CHARGED_BITS`
    ///      bits, and below them the charges in wei.
    uint256 private constant WEEKS = 4;
    uint256 private constant CHARGED_BITS = 192;
    uint256 private constant CHARGED_MASK = (1 << CHARGED_BITS) - 1;

    /// @notice The charges of the last weeks.
    struct Ring {
        uint256[WEEKS] entries;
    }

    /// @notice Fills the ring with a week that never comes, so that the first settlement of a week costs little.
    /// @param self The ring
    function start(Ring storage self) internal {
        for (uint256 i = 0; i < WEEKS; ++i) {
            self.entries[i] = uint256(type(uint64).max) << CHARGED_BITS;
        }
    }

    /// @notice The charges of a week.
    /// @param self The ring
    /// @param week The week
    /// @return The charges in wei; zero for a week that is not kept
    function chargedIn(Ring storage self, uint64 week) internal view returns (uint256) {
        uint256 entry = self.entries[week % WEEKS];
        return entry >> CHARGED_BITS == week ? entry & CHARGED_MASK : 0;
    }

    /// @notice Records the charges of a week.
    /// @param self The ring
    /// @param week The week
    /// @param charged All charges of the week so far, in wei
    function set(Ring storage self, uint64 week, uint256 charged) internal {
        self.entries[week % WEEKS] = (uint256(week) << CHARGED_BITS) | charged;
    }
}
