// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Epoch and era arithmetic in unix seconds, as in proto/epoch.ts: epoch 1 starts at genesis, era 1 holds epochs
///         1 to `eraEpochs`.
library EpochClock {
    /// @return 0 before genesis
    function epochAt(uint64 genesis, uint64 epochSeconds, uint256 time) internal pure returns (uint64) {
        return time < genesis ? 0 : uint64((time - genesis) / epochSeconds + 1);
    }

    function startOf(uint64 genesis, uint64 epochSeconds, uint64 epoch) internal pure returns (uint64) {
        return genesis + (epoch - 1) * epochSeconds;
    }

    function eraOf(uint64 eraEpochs, uint64 epoch) internal pure returns (uint64) {
        return (epoch - 1) / eraEpochs + 1;
    }

    /// @notice The last epoch of the era before: the only one in which `era` can be frozen.
    function freezeEpochOf(uint64 eraEpochs, uint64 era) internal pure returns (uint64) {
        return (era - 1) * eraEpochs;
    }
}
