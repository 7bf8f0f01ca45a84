// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Takes what a certified leaf says is owed. Anyone may settle.
interface ISlashingManager {
    /// @dev Field order is that of proto/leaf.ts.
    struct Leaf {
        uint64 epoch;
        uint32 index;
        address provider;
        uint8 status;
        uint16 uptimeBps;
        uint32 rateKbps;
        uint32 claimKbps;
        uint16 scoreBps;
        uint8 tier;
        uint64 throughputQ32;
        uint64 ticksUpQ16;
        uint64 ticksTotalQ16;
        uint32 unmeasuredRun;
        bytes32 soakVotes;
        uint8 breachBits;
        bytes32 assignedRoot;
        uint16 penaltyBps;
    }

    event Settled(
        uint64 indexed epoch,
        address indexed provider,
        uint256 charged,
        uint256 bounty,
        uint256 burned,
        address settler
    );

    error NotPosted(uint64 epoch);
    error NotFinal(uint64 epoch, uint64 finalAt);
    error NotInReport(uint64 epoch, bytes32 leafHash);
    error NoPenalty(uint64 epoch, address provider);
    error PenaltyTooHigh(uint16 penaltyBps, uint16 maximum);
    error AlreadySettled(uint64 epoch, address provider);
    /// @notice Two weeks after the week of the epoch, the stake it was a share of is no longer known.
    error TooLate(uint64 epoch, uint64 deadline);
    error SettlementTooLong(uint64 settlementSeconds, uint64 maximum);
    /// @notice Stake could leave before what it is liable for is settled.
    error UnbondingTooShort(uint64 unbondingSeconds, uint64 needed);

    /// @param proof siblings from the leaf upwards, under the epoch's score root
    function settle(Leaf calldata leaf, bytes32[] calldata proof) external returns (uint256 charged);
    function isSettled(uint64 epoch, address provider) external view returns (bool);
    /// @notice Charged so far for epochs of a week (unix time / 7 days), in basis points of the week's base: the stake at
    ///         its start.
    function chargedBpsIn(address provider, uint64 week) external view returns (uint16);
}
