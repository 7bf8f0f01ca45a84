// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDecoys} from "./interfaces/IDecoys.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";

/// @notice Keeps when decoys committed to their seeds, and publishes the seeds.
/// @dev Holds no tokens. Nobody waits for it: without reveals, rewards are computed all the same.
contract Decoys is IDecoys {
    /// @notice The registry of the providers.
    IProviderRegistry public immutable providers;
    /// @notice The registry that keeps the clock.
    IVerifierRegistry public immutable clock;
    /// @notice The contract that accepts reports. A report fixes the votes of its epoch.
    IEpochReports public immutable reports;
    /// @inheritdoc IDecoys
    uint64 public immutable longestRange;

    /// @inheritdoc IDecoys
    mapping(bytes32 commitment => uint64) public committedAt;
    /// @notice The last epoch for which a provider has shown a seed.
    mapping(address provider => uint64) public revealedUpTo;

    /// @notice Reverts with `DelayTooShort` for a delay of less than two epochs.
    /// @param providers_ The registry of the providers
    /// @param clock_ The registry that keeps the clock
    /// @param reports_ The contract that accepts reports
    /// @param rewardDelayEpochs The epochs from an epoch to the report with its rewards
    constructor(
        IProviderRegistry providers_,
        IVerifierRegistry clock_,
        IEpochReports reports_,
        uint64 rewardDelayEpochs
    ) {
        if (rewardDelayEpochs < 2) revert DelayTooShort(rewardDelayEpochs);
        providers = providers_;
        clock = clock_;
        reports = reports_;
        longestRange = rewardDelayEpochs - 1;
    }

    /// @inheritdoc IDecoys
    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) revert AlreadyCommitted(commitment);
        committedAt[commitment] = uint64(block.timestamp);
        emit Committed(commitment);
    }

    /// @inheritdoc IDecoys
    function reveal(uint64 firstEpoch, uint64 lastEpoch, bytes32 seed) external {
        if (firstEpoch == 0 || lastEpoch < firstEpoch || lastEpoch - firstEpoch >= longestRange) {
            revert WrongRange(firstEpoch, lastEpoch, longestRange);
        }
        bytes32 commitment = commitmentOf(msg.sender, firstEpoch, lastEpoch, seed);
        uint64 posted = committedAt[commitment];
        if (posted == 0) revert NotCommitted(commitment);

        uint64 genesis = clock.genesis();
        uint64 epochSeconds = clock.epochSeconds();
        uint64 start = EpochClock.startOf(genesis, epochSeconds, firstEpoch);
        if (posted >= start) revert CommittedTooLate(posted, start);

        uint64 reported = reports.lastEpoch();
        if (reported < lastEpoch) revert RevealTooEarly(reported, lastEpoch);
        uint64 epoch = EpochClock.epochAt(genesis, epochSeconds, block.timestamp);
        // Rewards of the first epoch are in the report of this one, and are computed from the blocks before it.
        uint64 deadline = firstEpoch + longestRange + 1;
        if (epoch >= deadline) revert RevealTooLate(epoch, deadline);

        uint64 before = revealedUpTo[msg.sender];
        if (firstEpoch <= before) revert AlreadyRevealed(firstEpoch, before);
        providers.providerOf(msg.sender);
        revealedUpTo[msg.sender] = lastEpoch;
        emit Revealed(msg.sender, firstEpoch, lastEpoch, seed);
    }

    /// @inheritdoc IDecoys
    function commitmentOf(
        address provider,
        uint64 firstEpoch,
        uint64 lastEpoch,
        bytes32 seed
    ) public view returns (bytes32) {
        return Digests.decoyCommitment(block.chainid, address(this), provider, firstEpoch, lastEpoch, seed);
    }
}
