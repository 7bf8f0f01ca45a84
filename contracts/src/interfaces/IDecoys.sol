// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Commitments and reveals of decoys: providers that shape each session to a secret rate, so that a verifier
///         whose vote does not come from a measurement misses it.
/// @dev A commitment shows neither the provider nor the epochs, and any account may post it. So nobody knows which
///      providers are decoys before the votes are fixed. The contract checks when seeds were fixed and when they were
///      shown. What a reveal is worth follows from the votes (verifier/core/rewards/decoys.ts).
interface IDecoys {
    // ------------------------------------------------------------------ events

    /// @notice Emitted when a commitment is posted.
    /// @param commitment The commitment
    event Committed(bytes32 indexed commitment);

    /// @notice Emitted when a provider shows the seed of a commitment.
    /// @param provider The account of the provider
    /// @param firstEpoch The first epoch in which the provider was a decoy
    /// @param lastEpoch The last epoch in which the provider was a decoy
    /// @param seed The seed that drew its rates
    event Revealed(address indexed provider, uint64 firstEpoch, uint64 lastEpoch, bytes32 seed);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by the constructor if the delay of rewards leaves no epoch in which a seed can be shown.
    /// @param delayEpochs The delay, in epochs
    error DelayTooShort(uint64 delayEpochs);

    /// @notice Thrown by `commit` if the commitment was posted before. It stands with its first time.
    /// @param commitment The commitment
    error AlreadyCommitted(bytes32 commitment);

    /// @notice Thrown by `reveal` if the range is empty, begins before epoch 1 or is longer than `longestRange`.
    /// @param firstEpoch The first epoch
    /// @param lastEpoch The last epoch
    /// @param longest The most epochs in a range
    error WrongRange(uint64 firstEpoch, uint64 lastEpoch, uint64 longest);

    /// @notice Thrown by `reveal` if nobody posted the commitment of these values for the caller.
    /// @param commitment The commitment that the values make
    error NotCommitted(bytes32 commitment);

    /// @notice Thrown by `reveal` if the commitment was posted when the range had begun.
    /// @param committedAt The time of the commitment, in unix seconds
    /// @param start The start of the first epoch, in unix seconds
    error CommittedTooLate(uint64 committedAt, uint64 start);

    /// @notice Thrown by `reveal` if votes of the range can still be cast: no report covers its last epoch or a later one.
    /// @param reportedEpoch The last epoch that has a report
    /// @param lastEpoch The last epoch of the range
    error RevealTooEarly(uint64 reportedEpoch, uint64 lastEpoch);

    /// @notice Thrown by `reveal` if rewards of the range may have been computed without the seed.
    /// @param epoch The current epoch
    /// @param deadline The first epoch in which the seed comes too late
    error RevealTooLate(uint64 epoch, uint64 deadline);

    /// @notice Thrown by `reveal` if the caller has shown a seed for an epoch of the range, or for a later one.
    /// @param firstEpoch The first epoch of the range
    /// @param revealedUpTo The last epoch for which the caller has shown a seed
    error AlreadyRevealed(uint64 firstEpoch, uint64 revealedUpTo);

    // ------------------------------------------------------------------ calls

    /// @notice Posts a commitment. Any account may call, for anybody: use one that nobody connects with the provider.
    /// @dev Reverts with `AlreadyCommitted`.
    /// @param commitment The commitment, as `commitmentOf` computes it
    function commit(bytes32 commitment) external;

    /// @notice Shows the seed of a commitment. Only the registered provider that the commitment names can call, once for
    ///         each epoch, from the report of the last epoch on and before rewards of the first epoch are computed.
    /// @dev Reverts with `WrongRange`, `NotCommitted`, `CommittedTooLate`, `RevealTooEarly`, `RevealTooLate`,
    ///      `AlreadyRevealed` or `IProviderRegistry.NotRegistered`.
    /// @param firstEpoch The first epoch of the range
    /// @param lastEpoch The last epoch of the range
    /// @param seed The seed
    function reveal(uint64 firstEpoch, uint64 lastEpoch, bytes32 seed) external;

    // ------------------------------------------------------------------ views

    /// @notice The most epochs in a range: the delay of rewards less the epoch in which the seed is shown.
    /// @return The number of epochs
    function longestRange() external view returns (uint64);

    /// @notice When a commitment was posted.
    /// @param commitment The commitment
    /// @return The time in unix seconds, or zero if it was not posted
    function committedAt(bytes32 commitment) external view returns (uint64);

    /// @notice The commitment of a provider to a seed. Compute it off chain: a call to a foreign node shows the seed.
    /// @param provider The account of the provider
    /// @param firstEpoch The first epoch of the range
    /// @param lastEpoch The last epoch of the range
    /// @param seed The seed: 32 random bytes, since a seed that can be guessed shows provider and epochs
    /// @return The commitment
    function commitmentOf(
        address provider,
        uint64 firstEpoch,
        uint64 lastEpoch,
        bytes32 seed
    ) external view returns (bytes32);
}
