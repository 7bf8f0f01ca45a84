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

/// @notice Takes a provider's penalties: each leaf once, at most a tenth of its stake in a fixed week of epochs.
/// @dev Both the penalty and the weekly limit are shares of one base, the stake at the start of the week, and what is
///      taken is the difference of two roundings of the week's running total. So the sum is the same in any order.
contract SlashingManager is ISlashingManager {
    uint16 public constant MAX_WEEKLY_BPS = 1_000;
    uint16 public constant BOUNTY_BPS = 500;
    uint16 private constant FULL_BPS = 10_000;
    /// @dev How long a settlement delay may be, so that at least six days are left to settle in.
    uint64 private constant MAX_SETTLEMENT_SECONDS = 7 days;
    /// @dev An epoch can be settled until so many weeks after its own have ended: as far back as bases are known.
    uint64 private constant WEEKS_TO_SETTLE = 2;

    /// @dev One word for a week of up to 240 epochs: the running total in the low 16 bits, a bit for each settled epoch
    ///      above. Later epochs of a week that has more go on in words of their own.
    uint256 private constant TOTAL_BITS = 16;
    uint256 private constant TOTAL_MASK = (1 << TOTAL_BITS) - 1;

    IStakeVault public immutable vault;
    IEpochReports public immutable reports;
    IVerifierRegistry public immutable registry;
    address public immutable providers;
    uint64 private immutable _epochSeconds;

    mapping(address provider => mapping(uint64 week => mapping(uint256 word => uint256))) private _weeks;

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
        (charged, bounty) = vault.slash(providers, leaf.provider, owed, BOUNTY_BPS, msg.sender);
        emit Settled(leaf.epoch, leaf.provider, charged, bounty, charged - bounty, msg.sender);
    }

    // ------------------------------------------------------------------ views

    function isSettled(uint64 epoch, address provider) external view returns (bool) {
        if (epoch == 0) return false;
        uint64 epochStart = EpochClock.startOf(registry.genesis(), _epochSeconds, epoch);
        (uint256 word, uint256 bit) = _place(epochStart);
        return _weeks[provider][WeekStarts.weekOf(epochStart)][word] & bit != 0;
    }

    function chargedBpsIn(address provider, uint64 week) external view returns (uint16) {
        return uint16(_weeks[provider][week][0] & TOTAL_MASK);
    }

    // ------------------------------------------------------------------ the week's record

    /// @return before the week's running total in basis points of its base, without this penalty
    /// @return total the same with it, at most the weekly limit
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

    /// @dev Epochs start once in `_epochSeconds`, so each of a week has a place of its own.
    function _place(uint64 epochStart) private view returns (uint256 word, uint256 bit) {
        uint256 place = (epochStart % WeekStarts.WEEK_SECONDS) / _epochSeconds + TOTAL_BITS;
        return (place >> 8, 1 << (place & 0xff));
    }
}
