// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "./IEpochReports.sol";

/// @notice Slashes providers by the penalties in their certified leaves. Anyone may settle a leaf.
interface ISlashingManager {
    /// @notice What a deployment chooses.
    struct Rules {
        /// @notice The most that the settler of a leaf gets out of the charge, in wei: about the gas that it pays
        uint256 settleRefund;
        /// @notice The evidence period, in seconds: so long after finality a leaf can surely be settled
        uint64 evidenceSeconds;
        /// @notice The highest penalty that the verifiers' rules give one leaf, in basis points
        uint16 maxPenaltyBps;
        /// @notice The most that the penalties of a week take from all providers together, in basis points of all stake
        uint16 networkWeeklyBps;
        /// @notice The slashing threshold of the verifiers' rules, in basis points of the claim
        uint16 breachBps;
        /// @notice The epochs of a window of the verifiers' rules
        uint64 windowEpochs;
    }

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
        /// @notice The Merkle root of the receivers that were assigned to the provider: their number, the receiver, and the
        ///         epoch in which it measures the provider alone (0 if it measures in a group)
        bytes32 assignedRoot;
        /// @notice The penalty that the provider owes, in basis points of the week's base
        uint16 penaltyBps;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a leaf is settled. The vault's `Slashed` tells what of the charge was refunded or burned.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    /// @param charged The tokens that were slashed, in wei
    event Settled(uint64 indexed epoch, address indexed provider, uint256 charged);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `settle` if the settlement delay has not passed.
    /// @param epoch The epoch of the leaf
    /// @param finalAt The end of the settlement delay, in unix seconds
    error NotFinal(uint64 epoch, uint64 finalAt);

    /// @notice Thrown by `settle` and `refute` if the proof does not lead from the leaf to the score root, or if the leaf
    ///         is of another epoch than the report.
    /// @param epoch The epoch of the leaf
    /// @param leafHash The hash of the leaf
    error NotInReport(uint64 epoch, bytes32 leafHash);

    /// @notice Thrown by `settle` and `refute` if the leaf has no penalty.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    error NoPenalty(uint64 epoch, address provider);

    /// @notice Thrown by `settle` and `refute` if the provider's leaf of this epoch is settled or refuted.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    error AlreadySettled(uint64 epoch, address provider);

    /// @notice Thrown by `settle` from two weeks after the end of the epoch's week. The vault may then lack the base.
    /// @param epoch The epoch of the leaf
    /// @param deadline The time from which the leaf cannot be settled, in unix seconds
    error TooLate(uint64 epoch, uint64 deadline);

    /// @notice Thrown by `settleBatch` if no leaf is left to settle.
    /// @param epoch The epoch of the leaves
    error NothingToSettle(uint64 epoch);

    /// @notice Thrown by `settleBatch` if the proof does not lead from the leaves to the score root.
    /// @param epoch The epoch of the leaves
    error BatchNotInReport(uint64 epoch);

    /// @notice Thrown at deployment if reports become final so late that too little time is left to settle. Choose
    ///         shorter epochs or a shorter settlement delay.
    /// @param finalitySeconds Two epochs and the settlement delay, in seconds
    /// @param maximum The longest time that is allowed, in seconds
    error FinalityTooLate(uint64 finalitySeconds, uint64 maximum);

    /// @notice Thrown at deployment if a provider could withdraw its stake before its penalties are settled.
    /// @param unbondingSeconds The unbonding time of the vault, in seconds
    /// @param needed The time that unbonding must exceed: two epochs, settlement delay and evidence period, in seconds
    error UnbondingTooShort(uint64 unbondingSeconds, uint64 needed);

    /// @notice Thrown at deployment if a rule is zero or too large. A penalty, or a weekly limit of all providers, above
    ///         the weekly limit of one provider would never have an effect.
    /// @param rule The name of the rule
    /// @param value The value, in basis points or epochs
    /// @param maximum The highest value that is allowed
    error RuleOutOfRange(bytes32 rule, uint64 value, uint64 maximum);

    // ------------------------------------------------------------------ settling

    /// @notice Slashes a provider by the penalty in its leaf. Anyone may call, once per provider and epoch.
    /// @dev The base of a week is the stake at its start. The penalties of a week together charge at most a tenth of
    ///      the base, and all providers together at most the network's weekly limit; what exceeds a limit lapses. The
    ///      caller receives the refund unless it is a verifier, and the vault burns the rest. Reverts with
    ///      `IEpochReports.NotPosted`, `IEpochReports.NotTheReport`, `NotFinal`, `NotInReport`, `NoPenalty`, `TooLate` or
    ///      `AlreadySettled`.
    /// @param header The header of the epoch's report
    /// @param leaf The leaf of the provider
    /// @param proof The sibling hashes from the leaf up to the report's score root
    /// @return charged The tokens that were slashed, in wei; less than the penalty if less stake is left
    function settle(
        IEpochReports.Header calldata header,
        Leaf calldata leaf,
        bytes32[] calldata proof
    ) external returns (uint256 charged);

    /// @notice Settles several leaves of one report. Skips a leaf that is settled, so nobody can block the rest.
    /// @dev Reverts as `settle` does, but with `BatchNotInReport` for the proof, and with `NothingToSettle` if all leaves
    ///      are settled.
    /// @param header The header of the epoch's report
    /// @param leaves The leaves, in the order of the tree
    /// @param proof The hashes of the multiproof (OpenZeppelin `MerkleProof`)
    /// @param flags For each inner node: true if both children are known, false if one comes from `proof`
    /// @return charged The tokens that were slashed, in wei
    function settleBatch(
        IEpochReports.Header calldata header,
        Leaf[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external returns (uint256 charged);

    // ------------------------------------------------------------------ views

    /// @notice Tells whether a provider's leaf is settled or refuted: its penalty can no longer be charged.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    /// @return True if the leaf is settled or refuted
    function isSettled(uint64 epoch, address provider) external view returns (bool);

    /// @notice The penalties settled so far for the epochs of a week, at most the weekly limit.
    /// @param provider The account of the provider
    /// @param week The week in which the epochs start: unix time / 7 days
    /// @return The sum in basis points of the week's base, which is the stake at the start of the week
    function chargedBpsIn(address provider, uint64 week) external view returns (uint16);

    /// @notice The charges so far for the epochs of a week, of all providers together, at most the network's limit.
    /// @param week The week in which the epochs start: unix time / 7 days
    /// @return The sum in wei; zero for a week that can no longer be settled
    function networkChargedIn(uint64 week) external view returns (uint256);

    /// @notice The most that the settler of a leaf receives, fixed at deployment.
    /// @return The tokens in wei
    function settleRefund() external view returns (uint256);

    /// @notice The evidence period, fixed at deployment.
    /// @return The period in seconds
    function evidenceSeconds() external view returns (uint64);

    /// @notice The highest penalty that the verifiers' rules give one leaf, fixed at deployment. A higher one is clipped
    ///         by the weekly limit.
    /// @return The penalty in basis points
    function maxPenaltyBps() external view returns (uint16);

    /// @notice The network's weekly limit, fixed at deployment.
    /// @return The limit in basis points of all providers' stake at the start of the week
    function networkWeeklyBps() external view returns (uint16);
}
