// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Epoch and era arithmetic in unix seconds, as in proto/epoch.ts. Epoch 1 starts at genesis. Era 1 holds the
///         epochs 1 to `eraEpochs`.
library EpochClock {
    /// @notice The epoch that runs at a time.
    /// @param genesis The start of epoch 1, in unix seconds
    /// @param epochSeconds The length of an epoch, in seconds
    /// @param time The time, in unix seconds
    /// @return The epoch, or zero before genesis
    function epochAt(uint64 genesis, uint64 epochSeconds, uint256 time) internal pure returns (uint64) {
        unchecked {
            return time < genesis ? 0 : uint64((time - genesis) / epochSeconds + 1);
        }
    }

    /// @notice The start of an epoch.
    /// @param genesis The start of epoch 1, in unix seconds
    /// @param epochSeconds The length of an epoch, in seconds
    /// @param epoch The epoch, at least 1
    /// @return The time in unix seconds
    function startOf(uint64 genesis, uint64 epochSeconds, uint64 epoch) internal pure returns (uint64) {
        return genesis + (epoch - 1) * epochSeconds;
    }

    /// @notice The era that contains an epoch.
    /// @param eraEpochs The length of an era, in epochs
    /// @param epoch The epoch, at least 1
    /// @return The era
    function eraOf(uint64 eraEpochs, uint64 epoch) internal pure returns (uint64) {
        unchecked {
            return (epoch - 1) / eraEpochs + 1;
        }
    }

    /// @notice The only epoch in which an era can be frozen: the last epoch of the era before.
    /// @param eraEpochs The length of an era, in epochs
    /// @param era The era, at least 1
    /// @return The epoch, or zero for era 1
    function freezeEpochOf(uint64 eraEpochs, uint64 era) internal pure returns (uint64) {
        return (era - 1) * eraEpochs;
    }
}
