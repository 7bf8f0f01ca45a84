// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Slashes a provider by the penalty in its certified leaf. Anyone may settle a leaf and earns a bounty.
interface ISlashingManager {
    /// @notice A provider's leaf in a report: the published score and the state that the next epoch starts from.
    /// @dev The field order is the order of `LEAF_FIELDS` in proto/leaf.ts. Rates are IP-layer rates.
    struct Leaf {
        /// @notice The epoch that the report covers
        uint64 epoch;
        /// @notice The registry index of the provider
        uint32 index;
        /// @notice The account of the provider
        address provider;
        /// @notice 0 unmeasured, 1 measured, 2 unserving (the provider refuses sessions or forwards nothing)
        uint8 status;
        /// @notice Uptime U: the Wilson lower bound over the decayed ticks, in basis points
        uint16 uptimeBps;
        /// @notice The certified rate, in kbit/s; zero if unmeasured
        uint32 rateKbps;
        /// @notice The claim at B(e), in kbit/s
        uint32 claimKbps;
        /// @notice The score R = T·U, in basis points
        uint16 scoreBps;
        /// @notice The tier, 0 (lowest) to 3, which follows from the uptime
        uint8 tier;
        /// @notice Throughput T, a share of the claim: the sum over the weight, in units of 2^-32
        uint64 throughputQ32;
        /// @notice The decayed sum of min(1, rate/claim) over the measured windows, in units of 2^-32
        uint64 throughputSumQ32;
        /// @notice The decayed count of these windows and the weight of the prior, in units of 2^-32 windows
        uint64 throughputWeightQ32;
        /// @notice The decayed count of ticks in which the provider was up, in units of 2^-16 ticks
        uint64 ticksUpQ16;
        /// @notice The decayed count of all ticks, in units of 2^-16 ticks
        uint64 ticksTotalQ16;
        /// @notice The windows without a path that served windows have not made good yet, in quarters of a window
        uint32 pathlessQ2;
        /// @notice The Merkle root of the soak votes in force, or zero if there are none
        bytes32 soakVotes;
        /// @notice The digest of the votes that wait for the end of their window, or zero if there are none
        bytes32 windowVotes;
        /// @notice The hash of the network that the provider's datagrams came from, or zero if it is unknown
        bytes32 link;
        /// @notice The breaches among the last five windows that count, bit 0 the last of them. A penalty clears them
        uint8 breachBits;
        /// @notice The penalty of the worst breach since no bit was set, in basis points
        uint16 breachPenaltyBps;
        /// @notice The Merkle root of the receivers that were assigned to the provider
        bytes32 assignedRoot;
        /// @notice The penalty that the provider owes, in basis points of the week's base
        uint16 penaltyBps;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a leaf is settled.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    /// @param charged The tokens that were slashed, in wei
    /// @param bounty The part of `charged` that the settler received, in wei
    /// @param burned The part of `charged` that was burned, in wei
    /// @param settler The account that settled the leaf
    event Settled(
        uint64 indexed epoch,
        address indexed provider,
        uint256 charged,
        uint256 bounty,
        uint256 burned,
        address settler
    );

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `settle` if the epoch has no report, or its report has no leaves.
    /// @param epoch The epoch of the leaf
    error NotPosted(uint64 epoch);

    /// @notice Thrown by `settle` if the settlement delay has not passed.
    /// @param epoch The epoch of the leaf
    /// @param finalAt The end of the settlement delay, in unix seconds
    error NotFinal(uint64 epoch, uint64 finalAt);

    /// @notice Thrown by `settle` if the proof does not lead from the leaf to the score root.
    /// @param epoch The epoch of the leaf
    /// @param leafHash The hash of the leaf
    error NotInReport(uint64 epoch, bytes32 leafHash);

    /// @notice Thrown by `settle` if the leaf has no penalty.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    error NoPenalty(uint64 epoch, address provider);

    /// @notice Thrown by `settle` if the penalty of one leaf is above the weekly limit.
    /// @param penaltyBps The penalty, in basis points
    /// @param maximum The weekly limit, in basis points
    error PenaltyTooHigh(uint16 penaltyBps, uint16 maximum);

    /// @notice Thrown by `settle` if the provider's leaf of this epoch is settled.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    error AlreadySettled(uint64 epoch, address provider);

    /// @notice Thrown by `settle` from two weeks after the end of the epoch's week. The vault may then lack the base.
    /// @param epoch The epoch of the leaf
    /// @param deadline The time from which the leaf cannot be settled, in unix seconds
    error TooLate(uint64 epoch, uint64 deadline);

    /// @notice Thrown at deployment if the settlement delay leaves too little time to settle.
    /// @param settlementSeconds The settlement delay, in seconds
    /// @param maximum The longest delay that is allowed, in seconds
    error SettlementTooLong(uint64 settlementSeconds, uint64 maximum);

    /// @notice Thrown at deployment if a provider could withdraw its stake before its penalties are settled.
    /// @param unbondingSeconds The unbonding time of the vault, in seconds
    /// @param needed The time that unbonding must exceed: settlement delay plus evidence period, in seconds
    error UnbondingTooShort(uint64 unbondingSeconds, uint64 needed);

    // ------------------------------------------------------------------ settling

    /// @notice Slashes a provider by the penalty in its leaf. Anyone may call, once per provider and epoch.
    /// @dev The base of a week is the stake at its start. The penalties of a week together charge at most a tenth of
    ///      the base; what exceeds the limit lapses. The caller receives a bounty and the vault burns the rest. Reverts
    ///      with `NotPosted`, `NotFinal`, `NotInReport`, `NoPenalty`, `PenaltyTooHigh`, `TooLate` or `AlreadySettled`.
    /// @param leaf The leaf of the provider
    /// @param proof The sibling hashes from the leaf up to the epoch's score root
    /// @return charged The tokens that were slashed, in wei; less than the penalty if less stake is left
    function settle(Leaf calldata leaf, bytes32[] calldata proof) external returns (uint256 charged);

    // ------------------------------------------------------------------ views

    /// @notice Tells whether a provider's leaf is settled.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    /// @return True if the leaf is settled
    function isSettled(uint64 epoch, address provider) external view returns (bool);

    /// @notice The penalties settled so far for the epochs of a week, at most the weekly limit.
    /// @param provider The account of the provider
    /// @param week The week in which the epochs start: unix time / 7 days
    /// @return The sum in basis points of the week's base, which is the stake at the start of the week
    function chargedBpsIn(address provider, uint64 week) external view returns (uint16);
}
