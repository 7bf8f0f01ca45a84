// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {ISlashingManager} from "./interfaces/ISlashingManager.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";

/// @notice Slashes providers by the penalties in their leaves: each leaf once, at most a tenth of the stake per week.
/// @dev The penalty and the weekly limit are shares of one base: the stake at the start of the week. A settlement
///      charges the week's total after it minus the total before it, each rounded down. So the order does not matter.
contract SlashingManager is ISlashingManager {
    /// @notice The weekly limit: the most that the penalties of a week charge, in basis points of the week's base.
    uint16 public constant MAX_WEEKLY_BPS = 1_000;
    /// @notice The settler's bounty, in basis points of the charge.
    uint16 public constant BOUNTY_BPS = 500;
    uint16 private constant FULL_BPS = 10_000;
    /// @dev The longest settlement delay. It leaves at least six days to settle.
    uint64 private constant MAX_SETTLEMENT_SECONDS = 7 days;
    /// @dev A leaf can be settled in the week of its epoch and in this many weeks after; the vault keeps no older base.
    uint64 private constant WEEKS_TO_SETTLE = 2;

    /// @dev The first word of a week holds the running total in its low 16 bits and, above, one bit for each of the
    ///      first 240 epochs. If a week has more epochs, further words hold the bits of the later ones.
    uint256 private constant TOTAL_BITS = 16;
    uint256 private constant TOTAL_MASK = (1 << TOTAL_BITS) - 1;

    /// @notice The vault that holds the stakes.
    IStakeVault public immutable vault;
    /// @notice The contract that holds the reports.
    IEpochReports public immutable reports;
    /// @notice The registry that keeps the clock.
    IVerifierRegistry public immutable registry;
    /// @notice The provider registry: the role of the stakes that are slashed.
    address public immutable providers;
    uint64 private immutable _epochSeconds;

    /// @dev The settlements of each week; `TOTAL_BITS` tells the layout.
    mapping(address provider => mapping(uint64 week => mapping(uint256 word => uint256))) private _weeks;

    /// @notice Reverts with `SettlementTooLong` or `UnbondingTooShort` if penalties could escape.
    /// @param vault_ The vault that holds the stakes
    /// @param reports_ The contract that holds the reports
    /// @param registry_ The registry that keeps the clock
    /// @param providers_ The provider registry
    /// @param evidenceSeconds The evidence period, in seconds
    constructor(
        IStakeVault vault_,
        IEpochReports reports_,
        IVerifierRegistry registry_,
        address providers_,
        uint64 evidenceSeconds
    ) {
        uint64 settlement = reports_.settlementSeconds();
        if (settlement > MAX_SETTLEMENT_SECONDS) revert SettlementTooLong(settlement, MAX_SETTLEMENT_SECONDS);
        uint64 needed = settlement + evidenceSeconds;
        if (vault_.unbondingSeconds() <= needed) revert UnbondingTooShort(vault_.unbondingSeconds(), needed);
        vault = vault_;
        reports = reports_;
        registry = registry_;
        providers = providers_;
        _epochSeconds = registry_.epochSeconds();
    }

    // ------------------------------------------------------------------ settling

    /// @inheritdoc ISlashingManager
    function settle(Leaf calldata leaf, bytes32[] calldata proof) external returns (uint256 charged) {
        (bytes32 scoreRoot, uint64 epochStart, uint64 finalAt) = reports.settlementOf(leaf.epoch);
        if (finalAt == 0) revert NotPosted(leaf.epoch);
        if (block.timestamp < finalAt) revert NotFinal(leaf.epoch, finalAt);
        bytes32 hash = Digests.leafHash(leaf);
        if (!MerkleProof.verifyCalldata(proof, scoreRoot, hash)) revert NotInReport(leaf.epoch, hash);
        if (leaf.penaltyBps == 0) revert NoPenalty(leaf.epoch, leaf.provider);
        if (leaf.penaltyBps > MAX_WEEKLY_BPS) revert PenaltyTooHigh(leaf.penaltyBps, MAX_WEEKLY_BPS);

        uint64 week = WeekStarts.weekOf(epochStart);
        if (WeekStarts.weekOf(block.timestamp) > week + WEEKS_TO_SETTLE) {
            revert TooLate(leaf.epoch, uint64((week + WEEKS_TO_SETTLE + 1) * WeekStarts.WEEK_SECONDS));
        }
        (uint256 before, uint256 total) = _mark(leaf, week, epochStart);
        uint256 base = vault.slashableAtStartOf(week, providers, leaf.provider);
        uint256 owed = (base * total) / FULL_BPS - (base * before) / FULL_BPS;
        uint256 bounty;
        (charged, bounty) = vault.slash(providers, leaf.provider, owed, (owed * BOUNTY_BPS) / FULL_BPS, msg.sender);
        emit Settled(leaf.epoch, leaf.provider, charged, bounty, charged - bounty, msg.sender);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISlashingManager
    function isSettled(uint64 epoch, address provider) external view returns (bool) {
        if (epoch == 0) return false;
        uint64 epochStart = EpochClock.startOf(registry.genesis(), _epochSeconds, epoch);
        (uint256 word, uint256 bit) = _place(epochStart);
        return _weeks[provider][WeekStarts.weekOf(epochStart)][word] & bit != 0;
    }

    /// @inheritdoc ISlashingManager
    function chargedBpsIn(address provider, uint64 week) external view returns (uint16) {
        return uint16(_weeks[provider][week][0] & TOTAL_MASK);
    }

    // ------------------------------------------------------------------ the week's record

    /// @dev Marks the leaf as settled and adds its penalty to the week's total. Reverts with `AlreadySettled`.
    /// @param leaf The leaf
    /// @param week The week in which the epoch starts: unix time / 7 days
    /// @param epochStart The start of the epoch, in unix seconds
    /// @return before The week's total without this penalty, in basis points of the week's base
    /// @return total The week's total with this penalty, at most the weekly limit
    function _mark(Leaf calldata leaf, uint64 week, uint64 epochStart) private returns (uint256 before, uint256 total) {
        (uint256 word, uint256 bit) = _place(epochStart);
        mapping(uint256 => uint256) storage words = _weeks[leaf.provider][week];
        uint256 marks = words[word];
        if (marks & bit != 0) revert AlreadySettled(leaf.epoch, leaf.provider);
        if (word != 0) words[word] = marks | bit;

        uint256 first = word == 0 ? marks | bit : words[0];
        before = first & TOTAL_MASK;
        total = Math.min(before + leaf.penaltyBps, MAX_WEEKLY_BPS);
        words[0] = (first & ~TOTAL_MASK) | total;
    }

    /// @dev The word and the bit of an epoch in the record of its week. No two epochs of a week share a bit, because
    ///      epochs start `_epochSeconds` apart.
    function _place(uint64 epochStart) private view returns (uint256 word, uint256 bit) {
        uint256 place = (epochStart % WeekStarts.WEEK_SECONDS) / _epochSeconds + TOTAL_BITS;
        return (place >> 8, 1 << (place & 0xff));
    }
}
