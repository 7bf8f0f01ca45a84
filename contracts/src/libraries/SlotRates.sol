// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Rates that are reserved in slots of time, in kbit/s. Eight slots share one word, the first in its lowest bits.
library SlotRates {
    uint256 private constant SLOTS_PER_WORD = 8;
    uint256 private constant BITS = 32;

    /// @notice The rates of all slots.
    struct Table {
        mapping(uint256 index => uint256) words;
    }

    /// @notice Thrown if a slot has too little left to reserve. Reserve less, other slots, or at another payee.
    /// @param slot The slot
    /// @param reserved What is reserved in the slot already, in kbit/s
    /// @param limit What can be reserved in a slot altogether, in kbit/s
    error SlotFull(uint64 slot, uint32 reserved, uint32 limit);

    /// @notice Reserves a rate in slots after one another, in all of them or in none. Reverts with `SlotFull`.
    /// @param self The rates
    /// @param fromSlot The first slot
    /// @param slots The number of slots
    /// @param kbps The rate, in kbit/s
    /// @param limit What can be reserved in a slot altogether, in kbit/s
    function add(Table storage self, uint64 fromSlot, uint8 slots, uint32 kbps, uint32 limit) internal {
        uint256 slot = fromSlot;
        uint256 end = slot + slots;
        while (slot < end) {
            uint256 index = slot / SLOTS_PER_WORD;
            uint256 word = self.words[index];
            do {
                uint256 shift = (slot % SLOTS_PER_WORD) * BITS;
                uint32 reserved = uint32(word >> shift);
                // In 256 bits: in 32 the sum could wrap.
                if (uint256(reserved) + kbps > limit) revert SlotFull(uint64(slot), reserved, limit);
                word += uint256(kbps) << shift; // the sum fits into its 32 bits, as the limit does
                ++slot;
            } while (slot < end && slot % SLOTS_PER_WORD != 0);
            self.words[index] = word;
        }
    }

    /// @notice What is reserved in a slot.
    /// @param self The rates
    /// @param slot The slot
    /// @return The rate, in kbit/s
    function rateAt(Table storage self, uint64 slot) internal view returns (uint32) {
        return uint32(self.words[slot / SLOTS_PER_WORD] >> ((slot % SLOTS_PER_WORD) * BITS));
    }
}
