// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IRefutations} from "./interfaces/IRefutations.sol";
import {ISlashingManager} from "./interfaces/ISlashingManager.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {MultiProof} from "./libraries/MultiProof.sol";
import {Refutations} from "./libraries/Refutations.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";
import {WeeklyCharges} from "./libraries/WeeklyCharges.sol";

/// @notice Slashes providers by the penalties in their leaves: each leaf once, at most a tenth of the stake per week,
///         and at most the network's weekly limit of all stakes together.
/// @dev The penalty and the weekly limit are shares of one base: the stake at the start of the week. A settlement
///      charges the week's total after it minus the total before it, each rounded down. So the order does not matter.
contract SlashingManager is ISlashingManager, IRefutations, ReentrancyGuardTransient {
    using WeeklyCharges for WeeklyCharges.Ring;
    /// @notice The weekly limit: the most that the penalties of a week charge, in basis points of the week's base.
    uint16 public constant MAX_WEEKLY_BPS = 1_000;
    uint16 private constant FULL_BPS = 10_000;
    /// @dev The longest time from the start of an epoch to its finality. It leaves at least a week to settle.
    uint64 private constant MAX_FINALITY_SECONDS = 7 days;
    /// @dev A leaf can be settled in the week of its epoch and in this many weeks after; the vault keeps no older base.
    uint64 private constant WEEKS_TO_SETTLE = 2;

    /// @dev The first word of a week holds the running total in its low 16 bits and, above, one bit for each of the
    ///      first 240 epochs. If a week has more epochs, further words hold the bits of the later ones.
    uint256 private constant TOTAL_BITS = 16;
    uint256 private constant TOTAL_MASK = (1 << TOTAL_BITS) - 1;

    /// @notice The leaves of one report, and who settles them.
    struct Settlement {
        uint64 week;
        uint256 word;
        uint256 bit;
        uint256 refund;
    }

    /// @notice The vault that holds the stakes.
    IStakeVault public immutable vault;
    /// @notice The contract that holds the reports.
    IEpochReports public immutable reports;
    /// @notice The registry that keeps the clock, and knows who is a verifier.
    IVerifierRegistry public immutable registry;
    /// @notice The provider registry: the role of the stakes that are slashed.
    address public immutable providers;
    /// @inheritdoc ISlashingManager
    uint256 public immutable settleRefund;
    /// @inheritdoc ISlashingManager
    uint64 public immutable evidenceSeconds;
    /// @inheritdoc ISlashingManager
    uint16 public immutable maxPenaltyBps;
    /// @inheritdoc ISlashingManager
    uint16 public immutable networkWeeklyBps;
    /// @inheritdoc IRefutations
    uint16 public immutable breachBps;
    /// @inheritdoc IRefutations
    uint64 public immutable windowEpochs;
    uint64 private immutable _epochSeconds;

    /// @dev The settlements of each week; `TOTAL_BITS` tells the layout.
    mapping(address provider => mapping(uint64 week => mapping(uint256 word => uint256))) private _weeks;
    WeeklyCharges.Ring private _networkCharges;

    /// @notice Reverts with `FinalityTooLate` or `UnbondingTooShort` if penalties could escape, and with `RuleOutOfRange`.
    /// @param vault_ The vault that holds the stakes
    /// @param reports_ The contract that holds the reports
    /// @param registry_ The registry that keeps the clock, and knows who is a verifier
    /// @param providers_ The provider registry
    /// @param rules What the deployment chooses
    constructor(
        IStakeVault vault_,
        IEpochReports reports_,
        IVerifierRegistry registry_,
        address providers_,
        Rules memory rules
    ) {
        uint64 epochSeconds = registry_.epochSeconds();
        uint64 finality = 2 * epochSeconds + reports_.settlementSeconds();
        if (finality > MAX_FINALITY_SECONDS) revert FinalityTooLate(finality, MAX_FINALITY_SECONDS);
        uint64 needed = finality + rules.evidenceSeconds;
        if (vault_.unbondingSeconds() <= needed) revert UnbondingTooShort(vault_.unbondingSeconds(), needed);
        _requireInRange("maxPenaltyBps", rules.maxPenaltyBps, MAX_WEEKLY_BPS);
        _requireInRange("networkWeeklyBps", rules.networkWeeklyBps, MAX_WEEKLY_BPS);
        _requireInRange("breachBps", rules.breachBps, FULL_BPS);
        _requireInRange("windowEpochs", rules.windowEpochs, type(uint64).max);
        vault = vault_;
        reports = reports_;
        registry = registry_;
        providers = providers_;
        settleRefund = rules.settleRefund;
        evidenceSeconds = rules.evidenceSeconds;
        maxPenaltyBps = rules.maxPenaltyBps;
        networkWeeklyBps = rules.networkWeeklyBps;
        breachBps = rules.breachBps;
        windowEpochs = rules.windowEpochs;
        _epochSeconds = epochSeconds;
        _networkCharges.start();
    }

    // ------------------------------------------------------------------ settling

    /// @inheritdoc ISlashingManager
    function settle(
        IEpochReports.Header calldata header,
        Leaf calldata leaf,
        bytes32[] calldata proof
    ) external nonReentrant returns (uint256) {
        Settlement memory settlement = _open(header);
        _requireInReport(header, leaf, proof);
        IStakeVault.Share[] memory shares = new IStakeVault.Share[](1);
        if (!_mark(leaf, settlement, shares[0])) revert AlreadySettled(leaf.epoch, leaf.provider);
        return _charge(header.epoch, shares, settlement);
    }

    /// @inheritdoc ISlashingManager
    function settleBatch(
        IEpochReports.Header calldata header,
        Leaf[] calldata leaves,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) external nonReentrant returns (uint256) {
        Settlement memory settlement = _open(header);
        bytes32[] memory hashes = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            hashes[i] = Digests.leafHash(leaves[i]);
        }
        if (!MultiProof.verify(header.scoreRoot, hashes, proof, flags)) revert BatchNotInReport(header.epoch);
        IStakeVault.Share[] memory shares = new IStakeVault.Share[](leaves.length);
        uint256 count;
        for (uint256 i = 0; i < leaves.length; ++i) {
            if (leaves[i].epoch != header.epoch) revert NotInReport(leaves[i].epoch, hashes[i]);
            if (_mark(leaves[i], settlement, shares[count])) ++count;
        }
        if (count == 0) revert NothingToSettle(header.epoch);
        assembly ("memory-safe") {
            mstore(shares, count) // without the leaves that were settled before
        }
        return _charge(header.epoch, shares, settlement);
    }

    // ------------------------------------------------------------------ refuting

    /// @inheritdoc IRefutations
    function refute(
        IEpochReports.Header[] calldata headers,
        Leaf calldata leaf,
        bytes32[] calldata proof,
        uint64 previousEpoch,
        uint32 assigned,
        OpenedVote[] calldata votes
    ) external {
        IEpochReports.Header calldata header = headers[0];
        (uint64 epochStart, uint64 finalAt) = reports.openReport(header);
        if (block.timestamp >= finalAt) revert TooLateToRefute(leaf.epoch, finalAt);
        _requireInReport(header, leaf, proof);
        if (leaf.penaltyBps == 0) revert NoPenalty(leaf.epoch, leaf.provider);
        Settlement memory place = _place(epochStart);
        if (_isMarked(leaf.provider, place)) revert AlreadySettled(leaf.epoch, leaf.provider);
        if (reports.headerHashOf(previousEpoch) != header.previousHeader) revert NotThePreviousEpoch(previousEpoch);
        if (Refutations.endsEarlierWindow(leaf.epoch, previousEpoch, windowEpochs)) {
            revert EndsEarlierWindow(leaf.epoch, previousEpoch);
        }
        if (leaf.assignedRoot != 0) {
            for (uint256 i = 1; i < headers.length; ++i) {
                reports.openReport(headers[i]);
            }
            Refutations.requireNoBreach(headers, leaf, assigned, votes, breachBps);
        }
        _weeks[leaf.provider][place.week][place.word] |= place.bit;
        emit Refuted(leaf.epoch, leaf.provider, leaf.penaltyBps, msg.sender);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISlashingManager
    function isSettled(uint64 epoch, address provider) external view returns (bool) {
        if (epoch == 0) return false;
        Settlement memory place = _place(EpochClock.startOf(registry.genesis(), _epochSeconds, epoch));
        return _isMarked(provider, place);
    }

    /// @inheritdoc ISlashingManager
    function chargedBpsIn(address provider, uint64 week) external view returns (uint16) {
        return uint16(_weeks[provider][week][0] & TOTAL_MASK);
    }

    /// @inheritdoc ISlashingManager
    function networkChargedIn(uint64 week) external view returns (uint256) {
        return _networkCharges.chargedIn(week);
    }

    // ------------------------------------------------------------------ steps of a settlement

    /// @dev Opens a report whose leaves can be settled now. Reverts with `NotFinal` or `TooLate`, or if the report was not
    ///      accepted.
    function _open(IEpochReports.Header calldata header) private view returns (Settlement memory settlement) {
        (uint64 epochStart, uint64 finalAt) = reports.openReport(header);
        if (block.timestamp < finalAt) revert NotFinal(header.epoch, finalAt);
        settlement = _place(epochStart);
        uint64 week = settlement.week;
        if (WeekStarts.weekOf(block.timestamp) > week + WEEKS_TO_SETTLE) {
            revert TooLate(header.epoch, uint64((week + WEEKS_TO_SETTLE + 1) * WeekStarts.WEEK_SECONDS));
        }
        settlement.refund = registry.isVerifier(msg.sender) ? 0 : settleRefund;
    }

    /// @dev Reverts with `NotInReport`. The report's own epoch counts, so a leaf cannot name another one.
    function _requireInReport(
        IEpochReports.Header calldata header,
        Leaf calldata leaf,
        bytes32[] calldata proof
    ) private pure {
        bytes32 hash = Digests.leafHash(leaf);
        if (leaf.epoch != header.epoch || !MerkleProof.verifyCalldata(proof, header.scoreRoot, hash)) {
            revert NotInReport(leaf.epoch, hash);
        }
    }

    /// @dev Slashes the shares, as far as the network's weekly limit has room. Counts what was taken. The guard against
    ///      reentrancy keeps a token that calls back from a second use of the same room.
    function _charge(
        uint64 epoch,
        IStakeVault.Share[] memory shares,
        Settlement memory settlement
    ) private returns (uint256 charged) {
        uint64 week = settlement.week;
        uint256 used = _networkCharges.chargedIn(week);
        uint256[] memory charges;
        (charges, charged) = vault.slashShares(
            providers,
            week,
            shares,
            networkWeeklyBps,
            used,
            settlement.refund,
            msg.sender
        );
        _networkCharges.set(week, used + charged);
        for (uint256 i = 0; i < shares.length; ++i) {
            emit Settled(epoch, shares[i].account, charges[i]);
        }
    }

    // ------------------------------------------------------------------ the week's record

    /// @dev Marks the leaf as settled and adds its penalty to the provider's week. Reverts with `NoPenalty`.
    /// @param share Receives what the penalty adds to the week
    /// @return False, and nothing changes, if the leaf was settled before
    function _mark(
        Leaf calldata leaf,
        Settlement memory settlement,
        IStakeVault.Share memory share
    ) private returns (bool) {
        address provider = leaf.provider;
        uint256 penalty = leaf.penaltyBps;
        if (penalty == 0) revert NoPenalty(leaf.epoch, provider);
        mapping(uint256 => uint256) storage words = _weeks[provider][settlement.week];
        uint256 first = words[0];
        if (settlement.word == 0) {
            if (first & settlement.bit != 0) return false;
            first |= settlement.bit;
        } else {
            uint256 later = words[settlement.word];
            if (later & settlement.bit != 0) return false;
            words[settlement.word] = later | settlement.bit;
        }
        uint256 before = first & TOTAL_MASK;
        uint256 total = Math.min(before + penalty, MAX_WEEKLY_BPS);
        words[0] = (first & ~TOTAL_MASK) | total;
        (share.account, share.beforeBps, share.totalBps) = (provider, uint16(before), uint16(total));
        return true;
    }

    /// @dev Whether the provider's leaf of the epoch is settled.
    function _isMarked(address provider, Settlement memory place) private view returns (bool) {
        return _weeks[provider][place.week][place.word] & place.bit != 0;
    }

    /// @dev The week of an epoch, and its bit there. No two epochs of a week share a bit, because epochs start
    ///      `_epochSeconds` apart.
    function _place(uint64 epochStart) private view returns (Settlement memory place) {
        place.week = WeekStarts.weekOf(epochStart);
        uint256 number = (epochStart % WeekStarts.WEEK_SECONDS) / _epochSeconds + TOTAL_BITS;
        (place.word, place.bit) = (number >> 8, 1 << (number & 0xff));
    }

    /// @dev Reverts with `RuleOutOfRange`.
    function _requireInRange(bytes32 rule, uint64 value, uint64 maximum) private pure {
        if (value == 0 || value > maximum) revert RuleOutOfRange(rule, value, maximum);
    }
}
