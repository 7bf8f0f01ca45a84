// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Comparators} from "@openzeppelin/contracts/utils/Comparators.sol";

/// @notice The verifiers that wait for a place in a set, each with its bond. The bond of a verifier that waits can only
///         grow: nobody can slash it before its first set.
/// @dev An entry is one number that ranks: the bond in wei (96 bits), then the inverted index (32 bits). So the higher
///      bond comes first, and of equal bonds the earlier registration.
library WaitingList {
    /// @notice The entries, in no particular order.
    struct List {
        uint128[] entries;
    }

    /// @notice The most verifiers that can wait.
    uint256 internal constant MAX_WAITING = 64;

    // ------------------------------------------------------------------ entries

    /// @notice The bond in an entry.
    /// @param entry The entry
    /// @return The bond, in wei
    function bondOf(uint256 entry) internal pure returns (uint256) {
        return entry >> 32;
    }

    /// @notice The registry index in an entry.
    /// @param entry The entry
    /// @return The registry index
    function indexOf(uint256 entry) internal pure returns (uint32) {
        return ~uint32(entry);
    }

    // ------------------------------------------------------------------ the list

    /// @notice Adds a verifier. In a full list it takes the place of the lowest entry, if it ranks above it.
    /// @param self The list
    /// @param bond The bond, in wei; at most 96 bits
    /// @param index The registry index
    /// @return displaced The index of the verifier that lost its place, or zero if there is none
    /// @return lowest The lowest bond in the list, in wei, if the list is full and the bond too low; else zero
    function add(List storage self, uint256 bond, uint32 index) internal returns (uint32 displaced, uint256 lowest) {
        uint128 entry = uint128((bond << 32) | ~index);
        uint256 length = self.entries.length;
        if (length < MAX_WAITING) {
            self.entries.push(entry);
            return (0, 0);
        }
        uint256 last;
        uint128 least = type(uint128).max;
        for (uint256 i = 0; i < length; i++) {
            if (self.entries[i] < least) (last, least) = (i, self.entries[i]);
        }
        if (entry < least) return (0, bondOf(least));
        self.entries[last] = entry;
        return (indexOf(least), 0);
    }

    /// @notice Gives a verifier another bond.
    /// @param self The list
    /// @param bond The bond, in wei; at most 96 bits
    /// @param index The registry index; must be in the list
    function raise(List storage self, uint256 bond, uint32 index) internal {
        self.entries[_find(self, index)] = uint128((bond << 32) | ~index);
    }

    /// @notice Removes a verifier.
    /// @param self The list
    /// @param index The registry index; must be in the list
    function remove(List storage self, uint32 index) internal {
        self.entries[_find(self, index)] = self.entries[self.entries.length - 1];
        self.entries.pop();
    }

    /// @dev Where a verifier of the list stands.
    function _find(List storage self, uint32 index) private view returns (uint256 i) {
        while (indexOf(self.entries[i]) != index) ++i;
    }

    /// @notice The entries, highest first.
    /// @param self The list
    /// @return entries The entries
    function ranked(List storage self) internal view returns (uint256[] memory entries) {
        entries = new uint256[](self.entries.length);
        for (uint256 i = 0; i < entries.length; i++) entries[i] = self.entries[i];
        Arrays.sort(entries, Comparators.gt);
    }

    /// @notice Removes the highest entries.
    /// @param self The list
    /// @param entries The list as `ranked` returns it
    /// @param number The number of entries to remove
    function removeFirst(List storage self, uint256[] memory entries, uint256 number) internal {
        for (uint256 i = number; i < entries.length; i++) self.entries[i - number] = uint128(entries[i]);
        for (uint256 i = 0; i < number; i++) self.entries.pop();
    }
}
